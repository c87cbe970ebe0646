"""Fits what turns a duration head's distribution into seconds that can be trusted."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from models.calibration import Moment
from models.heads import DurationHead
from training.evaluation.believed import believed_mean

MAX_NEWTON_STEPS = 100


def fit_duration(head: DurationHead, output: Tensor, label: Tensor) -> Moment:
    """Factors of the mean, the median and the ends of the interval.

    Args:
        head: whose output it is.
        output: [rows, outputs of the head].
        label: seconds, [rows], all observed.
    """
    mean = believed_mean(label.double().numpy(), head.statistics.mean_seconds)
    factor, median = mean_factor(head, output, mean), median_factor(head, output, label)
    moment = Moment(factor=factor, median_factor=median)
    return moment if head.coverage is None else with_interval(head, output, label, moment, head.coverage)


def median_factor(head: DurationHead, output: Tensor, label: Tensor) -> float:
    """The factor with which half of the rows stay below their predicted median."""
    return float((growth(head, label) / head.growths(output).median).median())


def mean_factor(head: DurationHead, output: Tensor, mean_seconds: float) -> float:
    """The factor that makes the mean of the predicted means `mean_seconds`.

    A predicted mean is never below zero, so the factor is that of the rows above zero. Newton's method from above is
    exact after a few steps, because the total is convex and made of straight pieces.
    """
    means = head.growths(output).mean.double()
    observed = mean_seconds * len(means) / head.statistics.scale_seconds
    factor = (observed + len(means)) / means.sum()
    for _ in range(MAX_NEWTON_STEPS):
        above = means[factor * means > 1.0]
        if len(above) == 0:
            break
        previous, factor = factor, (observed + len(above)) / above.sum()
        if factor >= previous:
            break
    return float(factor)


def with_interval(head: DurationHead, output: Tensor, label: Tensor, moment: Moment, coverage: float) -> Moment:
    """The moment with ends of the interval that leave out as many rows as they should.

    First the lower end, below which half of the missing rows should lie. No row lies below zero, and where bounces are
    many the lower end is zero for a part of the rows: then fewer are missing there. So the upper end comes second and
    leaves out what then remains. Both with one row more than there are, as the next row may be the most extreme one.
    """
    growths, grown = head.growths(output), growth(head, label)
    low = _quantile(grown / growths.low, (1 - coverage) / 2, math.floor)
    moment = moment.model_copy(update={"low_factor": low})
    predicted = head.predict(output, moment)[head.task.prediction_names[2]]
    missing = float((label < predicted).double().mean())
    high = _quantile(grown / growths.high, 1 - max((1 - coverage) - missing, 0.0), math.ceil)
    return moment.model_copy(update={"high_factor": high})


def growth(head: DurationHead, label: Tensor) -> Tensor:
    """1 + seconds / scale, [rows], in 64 bits."""
    return 1.0 + label.double() / head.statistics.scale_seconds


def _quantile(ratios: Tensor, share: float, to_whole: Callable[[float], int]) -> float:
    """The row with so many of the others below it."""
    rank = to_whole((len(ratios) + 1) * share)
    return float(torch.sort(ratios).values[min(max(rank, 1), len(ratios)) - 1])
