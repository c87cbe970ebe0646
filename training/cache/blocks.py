"""Reads the blocks of a window, each into arrays of its own: no page of the files stays in the process."""

import os
import weakref
import zlib
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.cache.damage import DamagedEntry
from training.cache.manifest import StoredColumn, StoredWindow
from training.cache.rows import EncodedRows, Lists, joined

_IDS, _NUMERICS, _LABELS, _FIXED = 0, 1, 2, 3


class StoredRows:
    """The encoded rows of a window on disk.

    The files are read and not mapped: mapped pages count as memory of the process until someone else needs them, and
    it would look as large as its data. A block's checksums are compared when it is first read.

    Args:
        folder: of the window.
        stored: what lies in it.
        lists: names of the list features, in the order of their files.
        tasks: names of the tasks, in the order of the labels.

    Raises:
        DamagedEntry: a file is absent or not as long as it was written.
    """

    def __init__(self, folder: Path, stored: StoredWindow, lists: Sequence[str], tasks: Sequence[str]) -> None:
        self.block_rows = stored.rows
        self.tasks = tuple(tasks)
        self._lists = tuple(lists)
        self._columns = [_Column(folder / column.file, column, len(stored.rows)) for column in stored.columns]
        if len(self._columns) != _FIXED + 2 * len(self._lists):
            raise DamagedEntry(f"{folder} does not hold {len(self._lists)} lists")

    @property
    def num_rows(self) -> int:
        """Of all blocks."""
        return sum(self.block_rows)

    def labels(self, block: int) -> NDArray[np.float32]:
        """The labels of a block, [rows, tasks].

        Raises:
            DamagedEntry: they are not what was written.
        """
        return self._table(_LABELS, block)

    def read(self, block: int) -> EncodedRows:
        """The rows of a block.

        Raises:
            DamagedEntry: they are not what was written.
        """
        lists = {
            name: Lists(self._columns[_FIXED + 2 * n].read(block), self._columns[_FIXED + 2 * n + 1].read(block))
            for n, name in enumerate(self._lists)
        }
        return EncodedRows(self._table(_IDS, block), self._table(_NUMERICS, block), self._table(_LABELS, block), lists)

    def whole(self) -> EncodedRows:
        """All rows."""
        return joined([self.read(block) for block in range(len(self.block_rows))])

    def _table(self, column: int, block: int) -> NDArray[Any]:
        found, rows = self._columns[column].read(block), self.block_rows[block]
        return found.reshape(rows, len(found) // rows)


class _Column:
    """One open file; what removes it from its folder does not disturb a run that reads it."""

    def __init__(self, path: Path, stored: StoredColumn, num_blocks: int) -> None:
        self._path = path
        self._stored = stored
        self._dtype = np.dtype(stored.dtype)
        self._starts = [0, *accumulate(stored.lengths)]
        self._is_checked = np.zeros(num_blocks, dtype=bool)
        try:
            self._file = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise DamagedEntry(f"{path.name}: {error.strerror}") from None
        weakref.finalize(self, os.close, self._file)
        size = os.fstat(self._file).st_size
        if size != self._starts[-1] or len(stored.lengths) != num_blocks or len(stored.crc32) != num_blocks:
            raise DamagedEntry(f"{path.name} has {size:,} bytes, and {self._starts[-1]:,} were written")

    def read(self, block: int) -> NDArray[Any]:
        held = np.empty(self._stored.lengths[block], dtype=np.uint8)
        done = 0
        while done < len(held):
            read = os.preadv(self._file, [held[done:].data], self._starts[block] + done)
            if read == 0:
                raise DamagedEntry(f"{self._path.name} ends within block {block}")
            done += read
        if not self._is_checked[block]:
            if zlib.crc32(held.data) != self._stored.crc32[block]:
                raise DamagedEntry(f"block {block} of {self._path.name} does not have its checksum")
            self._is_checked[block] = True
        return held.view(self._dtype)
