"""For how long ids were not seen, at the end of a training window."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.features.vocabulary import NUM_RESERVED, LearnedVocabulary
from models.past import PastRates
from training.fitting.past_totals import PastTotals
from training.growth.last_seen import DAY_US, LastSeenFit
from training.growth.newest_days import NEVER, Days
from training.growth.parent import Parent


class Ages:
    """Joins what a training window has with what the parent knew.

    Args:
        seen: ids of the window.
        parent: knows of the days before. An id of which it does not know the day counts as seen on the window's first.
        most_days: days that an id may be unseen; None where it may forever.
    """

    def __init__(self, seen: LastSeenFit, parent: Parent | None, most_days: int | None) -> None:
        self._seen = seen
        self._most_days = most_days
        self._before: dict[str, tuple[LearnedVocabulary, Days]] = {}
        known = {} if parent is None or parent.inheritance is None else parent.inheritance.last_seen
        for name, vocabulary in parent.encoder.fitted.vocabularies.items() if parent is not None else ():
            if isinstance(vocabulary, LearnedVocabulary):
                unknown = np.full(len(vocabulary.values), seen.oldest, np.int32)
                self._before[name] = vocabulary, known.get(name, unknown)

    def last_seen(self, owner: str, values: Sequence[str]) -> Days:
        """The last day of each id, [values]; NEVER where neither the window nor the parent has it."""
        of_window = self._seen.of(owner, values)
        if owner not in self._before:
            return of_window
        vocabulary, days = self._before[owner]
        before = np.concatenate([np.full(NUM_RESERVED, NEVER, np.int32), days])[vocabulary.lookup(values)]
        newest: Days = np.maximum(of_window, before)
        return newest

    def are_stale(self, owner: str, values: Sequence[str]) -> NDArray[np.bool_]:
        """Whether each id was unseen for too long at the window's newest day, [values]."""
        if self._most_days is None:
            return np.zeros(len(values), dtype=bool)
        return self._seen.newest - self.last_seen(owner, values).astype(np.int64) > self._most_days

    def without_stale(self, totals: PastTotals, period_us: int) -> PastTotals:
        """The sums without ids that had no row for too long."""
        if self._most_days is None:
            return totals
        days = ((totals.last_periods + 1) * period_us - 1) // DAY_US
        return totals.of(self._seen.newest - days <= self._most_days)


def held_by(totals: PastTotals, past: PastRates) -> PastRates:
    """Past rates of the ids that the sums still hold."""
    held = set(totals.ids)
    ids = past.vocabulary.values
    stays = np.array([value in held for value in ids], dtype=bool)
    return PastRates(past.of, [value for value in ids if value in held], past.numbers[stays])
