"""Reading Flatbuffers, the metadata of Arrow: tables, vectors and texts, every position checked.

https://flatbuffers.dev/internals
"""

import struct
from collections.abc import Iterator

from service.arrow.broken import BrokenStream


class Table:
    """A table of a buffer; its fields are known by their number.

    Every method raises `BrokenStream` where the buffer points beyond itself.
    """

    __slots__ = ("_buffer", "_position", "_vtable", "_vtable_size")

    def __init__(self, buffer: bytes, position: int) -> None:
        self._buffer = buffer
        self._position = position
        self._vtable = position - _number(buffer, "<i", position)
        self._vtable_size = _number(buffer, "<H", self._vtable)

    @classmethod
    def root(cls, buffer: bytes) -> "Table":
        """The table that a buffer begins with."""
        return cls(buffer, _number(buffer, "<I", 0))

    def number(self, field: int, kind: str, default: int = 0) -> int:
        """A number in the field, by its format in `struct`."""
        at = self._at(field)
        return default if at is None else _number(self._buffer, kind, at)

    def table(self, field: int) -> "Table | None":
        """The table that the field points at."""
        at = self._at(field)
        return None if at is None else Table(self._buffer, self._target(at))

    def text(self, field: int) -> str | None:
        """The text that the field points at."""
        at = self._at(field)
        if at is None:
            return None
        start, length = self._vector(at)
        try:
            return self._bytes(start, length).decode()
        except UnicodeDecodeError:
            raise BrokenStream("text that is not UTF-8") from None

    def structs(self, field: int, size: int) -> bytes:
        """The bytes of a vector of structs of the size."""
        at = self._at(field)
        if at is None:
            return b""
        start, length = self._vector(at)
        return self._bytes(start, length * size)

    def num_tables(self, field: int) -> int:
        """How many tables the vector in the field holds, as it says itself."""
        at = self._at(field)
        return 0 if at is None else self._vector(at)[1]

    def tables(self, field: int) -> "Iterator[Table]":
        """The tables of the vector in the field."""
        at = self._at(field)
        if at is not None:
            start, length = self._vector(at)
            for place in range(length):
                yield Table(self._buffer, self._target(start + 4 * place))

    def _at(self, field: int) -> int | None:
        """Where the field lies; None where the table leaves it out."""
        entry = 4 + 2 * field
        if entry + 2 > self._vtable_size:
            return None
        offset = _number(self._buffer, "<H", self._vtable + entry)
        return self._position + offset if offset else None

    def _target(self, at: int) -> int:
        return at + _number(self._buffer, "<I", at)

    def _vector(self, at: int) -> tuple[int, int]:
        start = self._target(at)
        return start + 4, _number(self._buffer, "<I", start)

    def _bytes(self, start: int, length: int) -> bytes:
        if start + length > len(self._buffer):
            raise BrokenStream("metadata that points beyond itself")
        return self._buffer[start : start + length]


def _number(buffer: bytes, kind: str, at: int) -> int:
    if at < 0:  # which `struct` would count from the end
        raise BrokenStream("metadata that points before itself")
    try:
        found: int = struct.unpack_from(kind, buffer, at)[0]
    except struct.error:
        raise BrokenStream("metadata that points beyond itself") from None
    return found
