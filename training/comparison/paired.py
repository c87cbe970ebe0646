"""The difference of two models over the same seeds and the same rows, with an interval, and the word that it allows.

Two things make a difference uncertain: another seed would train another model, and another test window would hold
other rows. The first has a Student-t interval over the differences paired by seed, the second a bootstrap interval of
the mean difference over paired draws of rows. Half widths are added as squares (MOVER: Zou and Donner, "Construction
of Confidence Limits about Effect Measures", Statistics in Medicine 2008, for a sum of two parts), so the interval
that decides is wider than either.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import norm, t

from training.comparison.resampling import Sampled

LEVEL = 0.95
MIN_SEEDS = 3
"""An interval from two differences is 13 standard errors wide: it says nothing."""
MIN_RESAMPLES = 20
"""Draws on which both models have a value, at the least."""

Verdict = Literal[
    "better", "worse", "no difference shown", "too few seeds to say", "too few rows to say", "nothing to compare"
]


@dataclass(frozen=True)
class Difference:
    """The configured model minus a baseline.

    Attributes:
        num_seeds: seeds for which both have a value.
        mean: mean difference; None without such a seed.
        seeds_half_width: of the interval over seeds, on this test window; None below two seeds.
        rows_half_width: of the interval over rows, for these trained models; None with too few draws.
        half_width: of the interval that decides; None where one of the two is.
        verdict: of the configured model.
    """

    num_seeds: int
    mean: float | None
    seeds_half_width: float | None
    rows_half_width: float | None
    half_width: float | None
    verdict: Verdict

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both ends, or None."""
        if self.mean is None or self.half_width is None:
            return None
        return self.mean - self.half_width, self.mean + self.half_width


def difference(
    configured: Mapping[int, Sampled], baseline: Mapping[int, Sampled], goal: Literal["higher", "lower"]
) -> Difference:
    """Compare by seed.

    Args:
        configured: by seed.
        baseline: by seed; a seed that only one of them has is left out.
        goal: which way is better.
    """
    pairs = [(configured[seed], baseline[seed]) for seed in configured if seed in baseline]
    values = [one.value - two.value for one, two in pairs if one.value is not None and two.value is not None]
    if not values:
        return Difference(0, None, None, None, None, "nothing to compare")
    mean, seeds, rows = float(np.mean(values)), _over_seeds(values), _over_rows(pairs)
    half_width = None if seeds is None or rows is None else float(np.hypot(seeds, rows))
    return Difference(len(values), mean, seeds, rows, half_width, _verdict(len(values), mean, half_width, goal))


def _over_seeds(values: list[float]) -> float | None:
    """Half width of the t-interval of the mean."""
    if len(values) < 2:
        return None
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    return float(t.ppf((1 + LEVEL) / 2, len(values) - 1) * error)


def _over_rows(pairs: list[tuple[Sampled, Sampled]]) -> float | None:
    """Half width of the normal interval with the bootstrap's standard error of the mean difference."""
    draws = [
        np.array([np.nan if each is None else each for each in one.resamples], dtype=np.float64)
        - np.array([np.nan if each is None else each for each in two.resamples], dtype=np.float64)
        for one, two in pairs
    ]
    means = np.mean(draws, axis=0)
    means = means[np.isfinite(means)]
    if len(means) < MIN_RESAMPLES:
        return None
    return float(norm.ppf((1 + LEVEL) / 2) * np.std(means, ddof=1) * pairs[0][0].shrink)


def _verdict(num_seeds: int, mean: float, half_width: float | None, goal: Literal["higher", "lower"]) -> Verdict:
    if num_seeds < MIN_SEEDS:
        return "too few seeds to say"
    if half_width is None:
        return "too few rows to say"
    if abs(mean) <= half_width:
        return "no difference shown"
    return "better" if (mean > 0) == (goal == "higher") else "worse"
