"""Blocks of an entry that is made anew when one of them is found to be damaged."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models.errors import DataError
from training.cache.blocks import StoredRows
from training.cache.damage import DamagedEntry
from training.cache.rows import EncodedRows

Result = TypeVar("Result")


class MendingRows:
    """The rows of a window; a run that meets a damaged block goes on with the rows of a new entry.

    Args:
        stored: as they are.
        anew: throws the entry away, says why, and gives the rows of another one.
    """

    def __init__(self, stored: StoredRows, anew: Callable[[str], StoredRows]) -> None:
        self._stored = stored
        self._anew = anew

    @property
    def block_rows(self) -> Sequence[int]:
        """Rows of each block."""
        return self._stored.block_rows

    @property
    def tasks(self) -> Sequence[str]:
        """In the order of the labels."""
        return self._stored.tasks

    def labels(self, block: int) -> NDArray[np.float32]:
        """The labels of a block, [rows, tasks]."""
        return self._mended(lambda stored: stored.labels(block))

    def read(self, block: int) -> EncodedRows:
        """All of a block.

        Raises:
            DataError: the log is not what it was, or the new entry is damaged too.
        """
        return self._mended(lambda stored: stored.read(block))

    def whole(self) -> EncodedRows:
        """All rows."""
        return self._mended(lambda stored: stored.whole())

    def _mended(self, read: Callable[[StoredRows], Result]) -> Result:
        try:
            return read(self._stored)
        except DamagedEntry as damage:
            mended = self._anew(str(damage))
        if mended.block_rows != self._stored.block_rows:
            raise DataError(
                f"a run trains on one log; its cached rows were damaged, and it has {mended.num_rows:,} rows now where "
                f"it had {self._stored.num_rows:,}: begin anew"
            )
        self._stored = mended
        try:
            return read(mended)
        except DamagedEntry as damage:
            raise DataError(
                f"what is written to a disk can be read again; cached rows that were just made cannot ({damage}): "
                f"name another `[data.cache] folder`, and have the disk looked at"
            ) from None
