"""The schema of a stream: how the values of each column lie."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from service.arrow.broken import BrokenStream
from service.arrow.flatbuffer import Table
from service.names import shown
from service.refusal import WRONG_SHAPE, Refusal

_MOST_METADATA = 256
_BOOLEAN = 6


@dataclass(frozen=True, slots=True)
class Nulls:
    """No values at all."""


@dataclass(frozen=True, slots=True)
class Booleans:
    """A bit a value."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Whole numbers or floats of a fixed width."""

    dtype: np.dtype[np.generic]


@dataclass(frozen=True, slots=True)
class Texts:
    """UTF-8 in one piece, and where each text begins."""

    offsets: np.dtype[np.generic]


@dataclass(frozen=True, slots=True)
class TextViews:
    """Texts of up to 12 bytes in place, longer ones somewhere in other buffers."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of values, and where each list begins."""

    offsets: np.dtype[np.generic]
    values: "Layout"


@dataclass(frozen=True, slots=True)
class Coded:
    """Codes of values that come in a dictionary of their own."""

    codes: np.dtype[np.generic]
    dictionary: int


Layout = Nulls | Booleans | Numbers | Texts | TextViews | Lists | Coded


@dataclass(frozen=True, slots=True)
class Schema:
    """Columns of a stream in their order, the layouts of dictionaries by their numbers, and the metadata."""

    columns: Mapping[str, Layout]
    dictionaries: Mapping[int, Layout]
    metadata: Mapping[str, str]


def read_schema(header: Table, most_columns: int) -> Schema:
    """The schema in a header.

    Args:
        header: of the message.
        most_columns: more than these are refused before they are read.

    Raises:
        BrokenStream: it is none.
        Refusal: a column has a layout that no feature has, or there are too many of them.
    """
    if header.number(0, "<h"):
        raise Refusal(WRONG_SHAPE, "numbers are little-endian; found a stream of big-endian ones: convert them")
    if header.num_tables(1) > most_columns:
        raise Refusal(
            WRONG_SHAPE,
            f"a stream has a column a feature, {most_columns} at the most; found {header.num_tables(1)}: "
            f"GET /model lists them",
        )
    if header.num_tables(2) > _MOST_METADATA:
        raise BrokenStream(f"more than {_MOST_METADATA} entries of metadata")
    columns: dict[str, Layout] = {}
    dictionaries: dict[int, Layout] = {}
    for field in header.tables(1):
        name = field.text(0) or ""
        if name in columns:
            raise Refusal(
                WRONG_SHAPE, f"a column is there once; found '{shown(name)}' twice: remove one", field=shown(name)
            )
        columns[name] = _layout(field, name, dictionaries)
    metadata = {entry.text(0) or "": entry.text(1) or "" for entry in header.tables(2)}
    return Schema(columns, dictionaries, metadata)


def _layout(field: Table, name: str, dictionaries: dict[int, Layout], *, in_list: bool = False) -> Layout:
    number, kind = field.number(2, "<B"), field.table(3)
    make = _LAYOUTS.get(number)
    if kind is None:
        raise BrokenStream("a column without a type")
    found: Layout | None
    if number in _LISTS:
        children = list(field.tables(5)) if field.num_tables(5) == 1 and not in_list else []
        found = Lists(_LISTS[number], _layout(children[0], name, dictionaries, in_list=True)) if children else None
    else:
        found = make(kind) if make and not (in_list and number == _BOOLEAN) else None
    if found is None:
        raise Refusal(
            WRONG_SHAPE,
            f"field '{shown(name)}': is a column of numbers, text, booleans, or lists of numbers or text; found "
            f"{'a list of others' if in_list else f'type {number} of Arrow'}: cast the column",
            field=shown(name),
        )
    encoding = field.table(4)
    if encoding is None:
        return found
    dictionaries[encoding.number(0, "<q")] = found
    codes = encoding.table(1)
    return Coded(np.dtype(np.int32) if codes is None else _whole(codes).dtype, encoding.number(0, "<q"))


def _whole(kind: Table) -> Numbers:
    width, sign = kind.number(0, "<i"), "i" if kind.number(1, "<B") else "u"
    if width not in (8, 16, 32, 64):
        raise BrokenStream(f"integers of {width} bits")
    return Numbers(np.dtype(f"<{sign}{width // 8}"))


def _float(kind: Table) -> Numbers:
    precision = kind.number(0, "<h")
    if precision not in (0, 1, 2):
        raise BrokenStream("floats of an unknown precision")
    return Numbers(np.dtype(("<f2", "<f4", "<f8")[precision]))


def _dtype(kind: DTypeLike) -> np.dtype[np.generic]:
    return np.dtype(kind)


_LISTS = {12: _dtype("<i4"), 21: _dtype("<i8")}
_LAYOUTS: dict[int, Callable[[Table], Layout]] = {
    1: lambda _: Nulls(),
    2: _whole,
    3: _float,
    5: lambda _: Texts(_dtype("<i4")),
    _BOOLEAN: lambda _: Booleans(),
    20: lambda _: Texts(_dtype("<i8")),
    24: lambda _: TextViews(),
}
"""By the numbers of Arrow's union `Type`, https://github.com/apache/arrow/blob/main/format/Schema.fbs."""
