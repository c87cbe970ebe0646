"""Sums by id and period from a stream in any order, and what had come together at the start of a period."""

import numpy as np
from numpy.typing import NDArray

from models.columns import Codes

Floats = NDArray[np.float64]
_SMALLEST_MERGE = 65_536
"""Pairs that wait at least before they are merged: less would sort the same pairs again and again."""
_PERIOD_BITS = 32


class PeriodSums:
    """Sums of some columns by (id, period). Memory grows with the number of distinct pairs and nothing else."""

    def __init__(self, width: int) -> None:
        self._merged = (np.empty(0, np.int64), np.empty((0, width)))
        self._waiting: list[tuple[Codes, Floats]] = []

    def add(self, ids: Codes, periods: Codes, values: Floats) -> None:
        """Take in rows: ids from 0, periods of any sign, values [rows, width]."""
        self._waiting.append(_summed(_joint(ids, periods), values))
        if sum(len(codes) for codes, _ in self._waiting) > max(_SMALLEST_MERGE, len(self._merged[0])):
            self._merge()

    def cumulated(self, decay: float) -> "Cumulated":
        """The sums over earlier periods.

        Args:
            decay: what is left of a weight after a period.
        """
        self._merge()
        return Cumulated(*self._merged, decay)

    def _merge(self) -> None:
        codes, values = zip(self._merged, *self._waiting, strict=True)
        self._merged = _summed(np.concatenate(codes), np.concatenate(values))
        self._waiting = []


class Cumulated:
    """What each id had gathered by the start of any period; each id adds up on its own, period after period.

    No sum runs across ids: the rounding of one id's state must not depend on another's labels.

    Args:
        pairs: (id, period) in one number, ascending.
        values: of each pair, [pairs, width].
        decay: what is left of a weight after a period; the newest whole period weighs 1.
    """

    def __init__(self, pairs: Codes, values: Floats, decay: float) -> None:
        self._pairs = pairs
        self._decay = decay
        ids, periods = _parted(pairs)
        self.num_ids = int(ids[-1]) + 1 if len(ids) else 0
        self._after = np.empty_like(values)
        state = np.zeros((self.num_ids, values.shape[1]))
        since = np.full(self.num_ids, periods.min() if len(periods) else 0, np.int64)
        self._newest = periods.max(initial=-(1 << _PERIOD_BITS))
        self._of_newest = values[periods == self._newest]
        order = np.argsort(periods, kind="stable")
        starts = np.flatnonzero(np.diff(periods[order], prepend=-(1 << _PERIOD_BITS)))
        for chosen in np.split(order, starts[1:]) if len(order) else []:
            who, period = ids[chosen], periods[chosen[0]]
            state[who] = state[who] * self._left(period - since[who])[:, None] + values[chosen]
            since[who] = period
            self._after[chosen] = state[who]

    def before(self, ids: Codes, periods: Codes) -> Floats:
        """The sums of each id over the periods before the given one, [rows, width]; 0 for an id of -1."""
        if not len(self._pairs):
            return np.zeros((len(ids), self._after.shape[1]))
        at = np.maximum(np.searchsorted(self._pairs, _joint(ids, periods)) - 1, 0)
        found_id, found_period = _parted(self._pairs[at])
        is_there = (found_id == ids) & (found_period < periods)
        left = np.where(is_there, self._left(np.maximum(periods - 1 - found_period, 0)), 0.0)
        earlier: Floats = self._after[at] * left[:, None]
        return earlier

    def handed_on(self) -> tuple[Codes, Codes, Floats]:
        """What a later stream goes on from: ids, periods and sums, [pairs] and [pairs, width], in the order of the ids.

        An id has a pair with all that it had gathered before the newest period, and one with its rows of that period
        alone: rows that come later may join them there, and they are not to see each other.
        """
        ids, periods = _parted(self._pairs)
        is_newest = periods == self._newest
        earlier = np.flatnonzero(~is_newest)
        stays = is_newest.copy()
        stays[earlier[np.flatnonzero(np.diff(ids[earlier], append=-1))]] = True
        sums = self._after[stays]
        sums[is_newest[stays]] = self._of_newest
        return ids[stays], periods[stays], sums

    def _left(self, num_periods: Codes) -> Floats:
        return np.power(self._decay, num_periods.astype(np.float64))


def _joint(ids: Codes, periods: Codes) -> Codes:
    return (ids << _PERIOD_BITS) + periods + (1 << (_PERIOD_BITS - 1))


def _parted(pairs: Codes) -> tuple[Codes, Codes]:
    ids = pairs >> _PERIOD_BITS
    return ids, pairs - (ids << _PERIOD_BITS) - (1 << (_PERIOD_BITS - 1))


def _summed(codes: Codes, values: Floats) -> tuple[Codes, Floats]:
    distinct, inverse = np.unique(codes, return_inverse=True)
    sums = [np.bincount(inverse, weights=column, minlength=len(distinct)) for column in values.T]
    return distinct, np.stack(sums, axis=1)
