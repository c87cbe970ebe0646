"""Which settings matter.

Hutter, Hoos, Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance", ICML 2014,
https://proceedings.mlr.press/v32/hutter14.html: a random forest learns the score from the values, and the variance of
its predictions is split by setting.
"""

import optuna

from training.tuning.proposals import study_of
from training.tuning.search import Searched

MIN_TRIALS = 4


def importances(searched: Searched) -> dict[str, float]:
    """By path, highest first; empty where too few trials were trained to their end to say."""
    tuning = searched.config.tuning
    complete = [each for each in searched.records if each.number and each.state == "finished"]
    if len(complete) < MIN_TRIALS or len({each.score for each in complete}) == 1:
        return {}
    study = study_of(tuning, searched.values, complete, tuning.seed)
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=tuning.seed)
    found = optuna.importance.get_param_importances(study, evaluator=evaluator, params=list(tuning.space))
    return {path: float(share) for path, share in found.items()}
