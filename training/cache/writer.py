"""Writes the rows of a window as files of blocks."""

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from training.cache.manifest import StoredColumn, StoredWindow
from training.cache.rows import IDS, NUMBERS, OFFSETS, EncodedRows, joined

SUFFIXES = {IDS: "i4", NUMBERS: "f4", OFFSETS: "i8"}


class RowsWriter:
    """Takes rows in pieces of any size; what waits in memory is less than a block and a piece.

    Args:
        folder: of the window; made here.
        lists: names of the list features, in the order of their files.
        block_rows: rows of every block but the last.
    """

    def __init__(self, folder: Path, lists: Sequence[str], block_rows: int) -> None:
        folder.mkdir()
        self._lists = tuple(lists)
        self._block_rows = block_rows
        self._columns = [_ColumnWriter(folder, name, dtype) for name, dtype in column_files(self._lists)]
        self._rows: list[int] = []
        self._waiting: list[EncodedRows] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for column in self._columns:
            column.file.close()

    def add(self, rows: EncodedRows) -> None:
        """Take in more rows."""
        self._waiting.append(rows)
        if sum(map(len, self._waiting)) >= self._block_rows:
            held, size = joined(self._waiting), self._block_rows
            whole = len(held) - len(held) % size
            for start in range(0, whole, size):
                self._write(held.cut(start, start + size))
            self._waiting = [held.cut(whole, len(held))]

    def finished(self) -> StoredWindow:
        """What lies in the files now that there are no more rows."""
        rest = joined(self._waiting) if self._waiting else None
        if rest:
            self._write(rest)
        self._waiting = []
        return StoredWindow(rows=tuple(self._rows), columns=tuple(column.stored() for column in self._columns))

    def _write(self, block: EncodedRows) -> None:
        self._rows.append(len(block))
        for column, array in zip(self._columns, _arrays(block, self._lists), strict=True):
            column.write(array)


class _ColumnWriter:
    def __init__(self, folder: Path, name: str, dtype: np.dtype[Any]) -> None:
        self.file = (folder / f"{name}.{SUFFIXES[dtype]}").open("wb")
        self._dtype = dtype
        self._lengths: list[int] = []
        self._crc32: list[int] = []

    def write(self, array: NDArray[Any]) -> None:
        held = np.ascontiguousarray(array, dtype=self._dtype).data.cast("B") if array.size else b""
        self.file.write(held)
        self._lengths.append(len(held))
        self._crc32.append(zlib.crc32(held))

    def stored(self) -> StoredColumn:
        self.file.flush()
        return StoredColumn(
            file=Path(self.file.name).name,
            dtype=self._dtype.str,
            lengths=tuple(self._lengths),
            crc32=tuple(self._crc32),
        )


def column_files(lists: Sequence[str]) -> list[tuple[str, np.dtype[Any]]]:
    """The files of a window without their suffix, and what they hold."""
    found: list[tuple[str, np.dtype[Any]]] = [("ids", IDS), ("numerics", NUMBERS), ("labels", NUMBERS)]
    for number in range(len(lists)):
        found += [(f"list{number}_values", IDS), (f"list{number}_offsets", OFFSETS)]
    return found


def _arrays(block: EncodedRows, lists: Sequence[str]) -> Iterator[NDArray[Any]]:
    """In the order of `column_files`."""
    yield from (block.ids, block.numerics, block.labels)
    for name in lists:
        yield block.lists[name].values
        yield block.lists[name].offsets
