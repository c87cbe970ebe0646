"""Durations and their distributions. The union in `task` is the registry of kinds."""

from models.heads.duration.bounce_log_normal import BounceLogNormalConfig
from models.heads.duration.head import DurationHead
from models.heads.duration.log_normal import LogNormalConfig, LogNormalHead
from models.heads.duration.quantiles import QuantilesConfig
from models.heads.duration.statistics import DurationStatistics
from models.heads.duration.task import DurationTask

__all__ = [
    "BounceLogNormalConfig",
    "DurationHead",
    "DurationStatistics",
    "DurationTask",
    "LogNormalConfig",
    "LogNormalHead",
    "QuantilesConfig",
]
