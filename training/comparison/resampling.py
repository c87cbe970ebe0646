"""How much a number of the test window would move on other rows: the bootstrap, kept so that it can be paired later.

Efron, "Bootstrap Methods: Another Look at the Jackknife", Annals of Statistics 1979. Rows of one user are no
independent evidence, so whole groups are drawn where the configuration has `evaluation.group_by`. On large windows
fewer groups are drawn than there are, which is the m-out-of-n bootstrap of Bickel, Gotze and van Zwet, Statistica
Sinica 1997: its spread is sqrt(n / m) times too wide, and `shrink` takes that back.

The same draws are made for every training, so the difference of two trainings can be resampled from two lists.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.frozen import Frozen
from training.comparison.measures import Floats, Valued

NUM_RESAMPLES = 100
"""Tells a standard error to about 7%."""
MAX_ROWS = 20_000
"""Rows of one draw, about: XAUC sorts them, a hundred times for each task of each training."""
MIN_GROUPS = 30
"""With fewer groups their draws say nothing, and rows are drawn instead."""
SEED = 0


class Sampled(Frozen):
    """A number, and what it is on drawn rows."""

    value: float | None
    """On all rows in which the label counts."""
    resamples: tuple[float | None, ...]
    """On each draw; the n-th of two trainings are of the same rows."""
    shrink: float
    """What the spread over the draws is multiplied with."""


class Draws:
    """Draws of rows, the same each time for the same groups.

    Args:
        groups: of each row, [rows]; None draws the rows themselves. A missing group is a group of its own.
        num_rows: rows to draw from.
    """

    def __init__(self, groups: pd.Series | None, num_rows: int) -> None:
        codes = np.arange(num_rows) if groups is None else _codes(groups)
        self._sizes = np.bincount(codes)
        if len(self._sizes) < MIN_GROUPS:
            codes = np.arange(num_rows)
            self._sizes = np.ones(num_rows, dtype=np.int64)
        self._order = np.argsort(codes, kind="stable")
        self._starts = np.append(0, np.cumsum(self._sizes)[:-1])
        share = min(1.0, MAX_ROWS / num_rows)
        self._num_drawn = max(1, round(share * len(self._sizes)))
        self.shrink = float(np.sqrt(self._num_drawn / len(self._sizes)))

    def __iter__(self) -> Iterator[NDArray[np.int64]]:
        """Positions of drawn rows, one array a draw."""
        random = np.random.default_rng(SEED)
        for _ in range(NUM_RESAMPLES):
            drawn = random.integers(0, len(self._sizes), self._num_drawn)
            sizes = self._sizes[drawn]
            ends = np.cumsum(sizes)
            within = np.arange(ends[-1]) - np.repeat(ends - sizes, sizes)
            yield self._order[np.repeat(self._starts[drawn], sizes) + within]


def sampled(measure: Valued, label: Floats, predictions: Sequence[Floats], draws: Draws) -> Sampled:
    """The measure on all rows and on each draw.

    Args:
        measure: what is computed.
        label: [rows], only rows in which the label counts.
        predictions: of the task, [rows] each.
        draws: of these rows.
    """
    return Sampled(
        value=finite(measure(label, predictions)),
        resamples=tuple(finite(measure(label[rows], [each[rows] for each in predictions])) for rows in draws),
        shrink=draws.shrink,
    )


def _codes(groups: pd.Series) -> NDArray[np.int64]:
    codes, found = pd.factorize(groups)
    missing = codes < 0
    codes = codes.astype(np.int64)
    codes[missing] = len(found) + np.arange(int(missing.sum()))
    return codes


def finite(value: float | None) -> float | None:
    """The value, or None where it is no number that JSON holds."""
    return value if value is not None and np.isfinite(value) else None
