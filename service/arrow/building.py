"""Writing Flatbuffers, front to back: what a field points at comes after the table that holds the field.

https://flatbuffers.dev/internals
"""

import struct
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Part: TypeAlias = "tuple[str, int] | bytes | Fields | list[Fields] | NDArray[np.int64]"
"""A number with its format in `struct`, a text, a table, a vector of tables, or of structs, int64 [structs, words]."""
Fields: TypeAlias = Mapping[int, Part]
"""A table by the numbers of its fields."""
_ALIGNMENT = 8
_POINTER = ("I", 0)


def flatbuffer(root: Fields) -> bytes:
    """The buffer that begins with the table, padded to whole words."""
    buffer = bytearray(4)
    struct.pack_into("<I", buffer, 0, _write_table(buffer, root))
    _pad(buffer, 0)
    return bytes(buffer)


def _write(buffer: bytearray, part: Any) -> int:
    """Append what is pointed at; where it lies."""
    if isinstance(part, Mapping):
        return _write_table(buffer, part)
    _pad(buffer, 4)  # a length, and then words
    at = len(buffer)
    if isinstance(part, bytes):
        buffer += struct.pack("<I", len(part)) + part + b"\0"
    elif isinstance(part, np.ndarray):
        buffer += struct.pack("<I", len(part)) + part.astype("<i8").tobytes()
    else:
        buffer += struct.pack("<I", len(part)) + bytes(4 * len(part))
        for place, element in enumerate(part):
            _point(buffer, at + 4 + 4 * place, _write_table(buffer, element))
    return at


def _write_table(buffer: bytearray, fields: Fields) -> int:
    """Append the table behind its vtable, the widest fields first, so that all are aligned; where the table lies."""
    numbers = {field: part if isinstance(part, tuple) else _POINTER for field, part in fields.items()}
    widths = {field: struct.calcsize(f"<{kind}") for field, (kind, _) in numbers.items()}
    offsets, size = {}, 4
    for field in sorted(fields, key=lambda each: -widths[each]):
        offsets[field] = size
        size += widths[field]
    vtable = [4 + 2 * (max(fields) + 1), size, *(offsets.get(field, 0) for field in range(max(fields) + 1))]
    _pad(buffer, (4 - vtable[0]) % _ALIGNMENT)  # the first field comes 4 bytes after the table's beginning
    buffer += struct.pack(f"<{len(vtable)}H", *vtable)
    at = len(buffer)
    buffer += struct.pack("<i", vtable[0]) + bytes(size - 4)
    for field, (kind, value) in numbers.items():
        struct.pack_into(f"<{kind}", buffer, at + offsets[field], value)
    for field, part in fields.items():
        if not isinstance(part, tuple):
            _point(buffer, at + offsets[field], _write(buffer, part))
    return at


def _point(buffer: bytearray, at: int, target: int) -> None:
    struct.pack_into("<I", buffer, at, target - at)


def _pad(buffer: bytearray, rest: int) -> None:
    """Zeros up to a position that leaves the rest when divided by the alignment."""
    buffer += bytes((rest - len(buffer)) % _ALIGNMENT)
