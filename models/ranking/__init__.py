"""One number a row to rank by: a utility over the fields of an answer, and the best rows by it."""

from models.ranking.config import RankingConfig, check_ranking
from models.ranking.order import best
from models.ranking.utility import INDEX, SCORE, Utility

__all__ = ["INDEX", "SCORE", "RankingConfig", "Utility", "best", "check_ranking"]
