"""The utility offline: the same `score` as the service answers, and what it is on rows that nobody trained on."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.config import ModelConfig
from models.errors import ValueRefused
from models.predictor import Predictions
from models.ranking import SCORE


def with_score(config: ModelConfig, predictions: Predictions, first_row: int) -> Predictions:
    """The predictions and, where the model has a utility, the score of each row.

    Args:
        config: of the model.
        predictions: by field, [rows] each.
        first_row: of the log; for messages.

    Raises:
        ValueRefused: a score is not finite.
    """
    utility = config.utility
    if utility is None:
        return predictions
    try:
        return {**predictions, SCORE: utility.score(_stacked(config, predictions))}
    except ValueRefused as error:
        row = first_row + (error.row or 0)
        raise ValueRefused(error.field, row, error.rule) from None


def score_line(config: ModelConfig, predictions: Mapping[str, NDArray[np.floating]]) -> str | None:
    """What the scores of a window are, in a line for people; None where the model has no utility.

    Where one is not finite, the line says so: the service would refuse the request that holds such a row.
    """
    utility = config.utility
    if utility is None:
        return None
    values = _stacked(config, predictions)
    scores = utility.unchecked(values)
    num_broken = int((~np.isfinite(scores)).sum())
    if num_broken:
        return (
            f"warning: {num_broken:,} of {len(scores):,} rows of the test window have no finite score, and the service "
            f"refuses a request with such a row: {utility.first_broken(values)}"
        )
    low, median, high = np.quantile(scores, [0, 0.5, 1])
    return f"score      {median:.4g} at the median of the test window, from {low:.4g} to {high:.4g}"


def _stacked(config: ModelConfig, predictions: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float32]:
    """Predictions as the service holds them, [rows, fields]."""
    return np.stack([predictions[name] for name in config.prediction_names], axis=1).astype(np.float32)
