"""From keys of a fixed width to table rows: a hash table that is filled and searched by whole arrays.

A dictionary of Python strings is as fast while it is small; with a million ids it takes twice as long, and never lets
another thread work (docs/decisions/0008-ids-stay-arrays.md has what was measured).
"""

import numpy as np
from numpy.typing import NDArray

from models.columns import Codes

Keys = NDArray[np.uint64]
"""[keys, words]; all words of a key count."""
_SLOTS_PER_KEY = 2
_EMPTY = -1


class RowTable:
    """Open addressing with linear probing (Knuth, "The Art of Computer Programming" 3, section 6.4).

    Args:
        keys: all different, [keys, words].
        rows: what they stand for, [keys].
    """

    def __init__(self, keys: Keys, rows: Codes) -> None:
        self._keys = keys
        self._rows = rows
        self._bits = max(1, (_SLOTS_PER_KEY * len(keys) - 1).bit_length())
        self._key_at = np.full(1 << self._bits, _EMPTY, np.int32)
        pending, slots = np.arange(len(keys), dtype=np.int32), self._first_slots(keys)
        while len(pending):
            free = self._key_at[slots] == _EMPTY
            self._key_at[slots[free]] = pending[free]  # where several want a slot, one of them gets it
            homeless = self._key_at[slots] != pending
            pending, slots = pending[homeless], self._next(slots[homeless])

    def find(self, keys: Keys, absent: int) -> Codes:
        """Rows of the keys, [keys]; `absent` where the table does not hold one."""
        found = np.full(len(keys), absent, np.int64)
        pending, slots = np.arange(len(keys)), self._first_slots(keys)
        while len(pending):
            held = self._key_at[slots]
            taken = held != _EMPTY
            pending, slots, held = pending[taken], slots[taken], held[taken]
            same = _equal(self._keys[held], keys[pending])
            found[pending[same]] = self._rows[held[same]]
            pending, slots = pending[~same], self._next(slots[~same])
        return found

    def _first_slots(self, keys: Keys) -> Codes:
        hashes = np.zeros(len(keys), np.uint64)
        for word in keys.T:
            hashes = mixed(hashes ^ word)
        slots: Codes = (hashes >> np.uint64(64 - self._bits)).astype(np.int64)
        return slots

    def _next(self, slots: Codes) -> Codes:
        return (slots + 1) & ((1 << self._bits) - 1)


def mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every bit of a word changes about half the upper bits; constants of SplitMix64 (Steele, Lea, Flood 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _equal(ones: Keys, others: Keys) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = ones[:, 0] == others[:, 0]
    for word in range(1, ones.shape[1]):
        same &= ones[:, word] == others[:, word]
    return same
