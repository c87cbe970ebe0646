"""From 64-bit keys to table rows in two looks a key: what requests look ids up in, hundreds of them at once.

A dictionary of Python strings waits for memory three times an id (its index, its entry, the string), one id after the
other. Here a key and its row lie side by side in one of two slots, and one numpy call reads all slots of all keys, so
that its waits overlap (docs/decisions/0008-ids-stay-arrays.md has what was measured).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.columns import Codes

Keys = NDArray[np.uint64]
"""One word each, all bits of which vary."""
_SLOTS_PER_KEY = 2.5
"""Keys find their places where there are more than two slots a key; close to that it takes long."""
_GROWTHS = 8
_MOVES = 300
_NOBODY = -1
_HALF = np.uint64(32)
_LOW = np.uint64(2**32 - 1)


class NoPlaceError(Exception):
    """Two keys are the same, or too many want the same slots."""


class CuckooTable:
    """Cuckoo hashing (Pagh and Rodler 2004): each key lies in one of two slots, which the halves of its bits say.

    Args:
        keys: all different, [keys].
        rows: what they stand for, [keys].
        absent: what a key stands for that the table does not hold.

    Attributes:
        entries: a key and its row in each slot, [slots, 2]; an empty slot holds key 0 with the row `absent`.

    Raises:
        NoPlaceError: a key occurs twice. Two different keys of good hashes never fail for long: the table grows.
    """

    def __init__(self, keys: Keys, rows: Codes, absent: int) -> None:
        in_order = np.sort(keys)
        if (in_order[1:] == in_order[:-1]).any():
            raise NoPlaceError
        self.absent = absent
        held = _held(keys)
        self.entries = np.zeros((len(held), 2), np.uint64)
        self.entries[:, 1] = absent
        is_held = held != _NOBODY
        self.entries[is_held, 0] = keys[held[is_held]]
        self.entries[is_held, 1] = rows[held[is_held]]

    def find(self, keys: Keys) -> Codes:
        """Rows of the keys, [keys]."""
        return _found(self.entries, _slots(keys, np.uint64(len(self.entries))), keys, self.absent)


class SideBySide:
    """Several tables in one array, so that one call looks into all of them.

    Args:
        tables: one or more, with the same row for what is absent; their entries move into the common array, and they
            see them there.
    """

    def __init__(self, tables: Sequence[CuckooTable]) -> None:
        self._absent = tables[0].absent
        sizes = [len(table.entries) for table in tables]
        self._entries = np.concatenate([table.entries for table in tables])
        ends = np.cumsum(sizes)
        for table, part in zip(tables, np.split(self._entries, ends[:-1]), strict=True):
            table.entries = part
        self._sizes = np.array(sizes, np.uint64)
        self._firsts = (ends - sizes).astype(np.uint64)

    def find(self, tables: Codes, lengths: Codes, keys: Keys) -> Codes:
        """Rows of keys, [keys].

        Args:
            tables: positions of the tables that the keys are looked up in, run after run.
            lengths: how many keys each run has.
            keys: of all runs.
        """
        which = tables.repeat(lengths)
        slots = _slots(keys, self._sizes.take(which))
        slots += self._firsts.take(which)
        return _found(self._entries, slots, keys, self._absent)


def _slots(keys: Keys, num_slots: NDArray[np.uint64] | np.uint64) -> NDArray[np.uint64]:
    """The two slots of each key, [2, keys]: each half of it, as a fraction of the slots (Lemire 2019)."""
    slots = np.empty((2, len(keys)), np.uint64)
    np.bitwise_and(keys, _LOW, out=slots[0])
    np.right_shift(keys, _HALF, out=slots[1])
    slots *= num_slots
    slots >>= _HALF
    return slots


def _found(entries: NDArray[np.uint64], slots: NDArray[np.uint64], keys: Keys, absent: int) -> Codes:
    one, other = entries.take(slots.view(np.int64), axis=0)
    rows = np.where(other[:, 0] == keys, other[:, 1], np.uint64(absent))
    np.copyto(rows, one[:, 1], where=one[:, 0] == keys)
    return rows.view(np.int64)


def _held(keys: Keys) -> Codes:
    """Which key each slot holds, [slots]."""
    num_slots = int(_SLOTS_PER_KEY * len(keys)) + 2
    for _ in range(_GROWTHS):
        held = _settled(_slots(keys, np.uint64(num_slots)).view(np.int64).T, num_slots)
        if held is not None:
            return held
        num_slots *= 2
    raise NoPlaceError


def _settled(slots: Codes, num_slots: int) -> Codes | None:
    """All keys move at once: into a slot, out of which they drive its key, which takes its other one.

    Args:
        slots: the two of each key, [keys, 2].
        num_slots: of the table.

    Returns:
        Which key each slot holds, [slots]; None where they do not come to rest.
    """
    held = np.full(num_slots, _NOBODY)
    moving, ways = np.arange(len(slots)), np.zeros(len(slots), np.int64)
    for _ in range(_MOVES):
        wanted = slots[moving, ways]
        before = held[wanted]
        held[wanted] = moving  # where several want a slot, one of them gets it
        stays = held[wanted] == moving
        is_driven = stays & (before != _NOBODY)
        driven = before[is_driven]
        ways = np.concatenate([1 - ways[~stays], (slots[driven, 0] == wanted[is_driven]).astype(np.int64)])
        moving = np.concatenate([moving[~stays], driven])
        if not len(moving):
            return held
    return None
