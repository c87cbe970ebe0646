"""Predictions on the same rows may not move far without being shown to be better."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from models.heads import LabelStatistics, RegressionStatistics
from models.reference.psi import psi
from training.retraining.gates.config import GatesConfig
from training.retraining.gates.heads import Head
from training.retraining.gates.judged import Judged
from training.retraining.observation import Observation

NUM_BINS = 10
BLUR = 0.2
"""Of the logarithm of a prediction, or in standard deviations of a regression's label: two trainings predict the same
row so far apart at times. A head that knows little predicts nearly one number, and one of few features few numbers;
unblurred they would lie in one bin today and in the next one tomorrow."""
NUM_FIELDS = 2
"""Of a task's answer: mean and median, or amount and probability. The ends of an interval come behind them; they lie in
the tails, where trainings that are equally good differ by half."""
MAX_ROWS = 100_000
_SMALLEST = float(np.finfo(np.float32).tiny)
Floats = NDArray[np.float64]


def prediction_shift_gate(
    head: Head, candidate: Judged, champion: Judged | None, config: GatesConfig
) -> Iterator[Observation]:
    """One observation for each field of the head's answer but the ends of intervals.

    PSI is against the champion's predictions of all rows.

    When the world moves, a better model has to predict something else: where the loss is shown to have fallen, any
    shift passes (`too_good` has the last word on how far it may fall).
    """
    limit = config.max_prediction_psi
    for field in head.task.prediction_names[:NUM_FIELDS]:
        before = None if champion is None or head.champion is None else champion.scored.predictions.get(field)
        if before is None:
            yield Observation.passing("prediction_shift", field, limit, "no prediction of the champion to compare")
            continue
        found = prediction_psi(before, candidate.scored.predictions[field], head.statistics)
        passed = found <= limit or head.is_shown_better
        reason = f"predictions of the same {len(before):,} rows moved by a PSI of {found:.3f}, allowed is {limit:.3f}"
        if found > limit:
            reason += ": but the head is shown to be better" if passed else ", and the head is not shown to be better"
        yield Observation.of("prediction_shift", field, found, limit, passed, reason)


def prediction_psi(before: Floats, now: Floats, statistics: LabelStatistics) -> float:
    """How far predictions have moved, blurred, and once levels are brought together by at most one blur.

    Whether the level is right is told by labels (`calibration`). Two normal distributions that differ by as much as
    their deviation have a PSI of 1.

    Args:
        before: of the champion, [rows].
        now: of the candidate, on the same rows.
        statistics: of the label, whose kind says how predictions are compared.
    """
    step = -(-len(before) // MAX_ROWS)
    one, other = (_places(each[::step], statistics) for each in (before, now))
    other = other + np.clip(np.median(one) - np.median(other), -BLUR, BLUR)
    noise = np.random.default_rng(0).normal(0, BLUR, len(one))
    edges = np.quantile(one + noise, np.arange(1, NUM_BINS) / NUM_BINS)
    return psi(_shares(one, edges).tolist(), _shares(other, edges))


def _places(values: Floats, statistics: LabelStatistics) -> Floats:
    if isinstance(statistics, RegressionStatistics):
        return values / statistics.standard_deviation
    return np.asarray(np.log(np.maximum(values, _SMALLEST)))


def _shares(places: Floats, edges: Floats) -> Floats:
    """Of each bin, [bins], each row spread as a normal distribution."""
    below = np.array([ndtr((edge - places) / BLUR).mean() for edge in edges])
    return np.diff(np.concatenate([[0.0], below, [1.0]]))
