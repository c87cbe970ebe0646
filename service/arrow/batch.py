"""The values of a batch of rows or of a dictionary, as Python's own.

Every size that the batch states is held against the bytes that are there before anything is made of it.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.arrow.broken import BrokenStream
from service.arrow.flatbuffer import Table
from service.arrow.layout import Booleans, Coded, Layout, Lists, Nulls, Numbers, Texts, TextViews
from service.refusal import UNSUPPORTED_MEDIA_TYPE, Refusal

Values = list[Any]
_VIEW = np.dtype([("length", "<i4"), ("prefix", "<u4"), ("buffer", "<i4"), ("offset", "<i4")])
_IN_PLACE = 12
"""Bytes of a text that fit into its view."""
_MOST_OVERLAP = 4
"""Times the bytes of the body that views may add up to: they may overlap, and a stream of lies would overlap wholly."""


class BatchReader:
    """Takes the columns of one batch off its buffers, one after another.

    Args:
        header: of a record batch.
        body: the bytes of its buffers.
        dictionaries: values by the number of their dictionary.
        most_rows: a column may have, however few bytes it takes; values take a byte each but for booleans and nulls.
    """

    def __init__(self, header: Table, body: memoryview, dictionaries: Mapping[int, Values], most_rows: int) -> None:
        if header.table(3) is not None:
            raise Refusal(
                UNSUPPORTED_MEDIA_TYPE,
                "the buffers of a stream are not compressed; found some that are: write them without, and compress "
                "the whole body by gzip if it is large (Content-Encoding)",
            )
        self.num_rows = header.number(0, "<q")
        self._body = body
        self._longest = max(len(body), most_rows)
        self._dictionaries = dictionaries
        self._lengths = iter(np.frombuffer(header.structs(1, 16), "<i8")[::2].tolist())
        buffers = np.frombuffer(header.structs(2, 16), "<i8").reshape(-1, 2).tolist()
        self._buffers = iter(buffers)
        self._num_views = iter(np.frombuffer(header.structs(4, 8), "<i8").tolist())

    def column(self, layout: Layout) -> Values:
        """The next column, a value a row.

        Raises:
            BrokenStream: a size or a position lies.
        """
        values = self._array(layout)
        if len(values) != self.num_rows:
            raise BrokenStream("columns of different lengths")
        return values

    def _array(self, layout: Layout) -> Values:
        length = self._next(self._lengths)
        if not 0 <= length <= self._longest:
            raise BrokenStream("a length that the bytes do not hold")
        if isinstance(layout, Nulls):
            return [None] * length
        mask = self._buffer()
        is_there = _bits(mask, length) if len(mask) else None
        if isinstance(layout, Coded):
            return self._decoded(layout, length, is_there)
        values = self._values(layout, length)
        if is_there is None or is_there.all():
            return values
        return [value if there else None for value, there in zip(values, is_there.tolist(), strict=True)]

    def _values(self, layout: Layout, length: int) -> Values:
        if isinstance(layout, Booleans):
            return list(_bits(self._buffer(), length).tolist())
        if isinstance(layout, Numbers):
            return list(_numbers(self._buffer(), layout.dtype, length).tolist())
        if isinstance(layout, Texts):
            return self._texts(layout, length)
        if isinstance(layout, TextViews):
            return self._viewed(length)
        assert isinstance(layout, Lists)
        ends = self._offsets(layout.offsets, length)
        values = self._array(layout.values)
        if ends[-1] > len(values):
            raise BrokenStream("a list that ends beyond its values")
        return [values[start:end] for start, end in pairwise(ends)]

    def _decoded(self, layout: Coded, length: int, is_there: NDArray[np.bool_] | None) -> Values:
        codes = _numbers(self._buffer(), layout.codes, length)
        values = self._dictionaries.get(layout.dictionary, [])
        present = codes if is_there is None else codes[is_there]
        if len(present) and not 0 <= present.min() <= present.max() < len(values):
            raise BrokenStream("a code beyond its dictionary")
        if is_there is None:
            return [values[code] for code in codes.tolist()]
        coded = zip(codes.tolist(), is_there.tolist(), strict=True)  # the code of what is missing may be anything
        return [values[code] if there else None for code, there in coded]

    def _texts(self, layout: Texts, length: int) -> Values:
        ends = self._offsets(layout.offsets, length)
        data = self._buffer()
        if ends[-1] > len(data):
            raise BrokenStream("a text that ends beyond its bytes")
        return [_text(data[start:end]) for start, end in pairwise(ends)]

    def _viewed(self, length: int) -> Values:
        raw = self._buffer()
        views = _numbers(raw, _VIEW, length)
        num_buffers = self._next(self._num_views)
        if not 0 <= num_buffers <= len(self._body):
            raise BrokenStream("a number of buffers that the bytes do not hold")
        data = [self._buffer() for _ in range(num_buffers)]
        if int(np.maximum(views["length"], 0).sum(dtype=np.int64)) > _MOST_OVERLAP * len(self._body):
            raise BrokenStream("texts that are longer than the body")
        return [
            _text(
                raw[16 * row + 4 : 16 * row + 4 + max(0, size)]
                if size <= _IN_PLACE
                else _piece(data, buffer, offset, size)
            )
            for row, (size, _, buffer, offset) in enumerate(views.tolist())
        ]

    def _offsets(self, dtype: np.dtype[np.generic], length: int) -> list[int]:
        """Where each value begins, and where the last one ends."""
        raw = self._buffer()
        if length == 0:
            return [0]  # writers leave the buffer out
        offsets: NDArray[Any] = _numbers(raw, dtype, length + 1)
        if offsets[0] < 0 or (offsets[1:] < offsets[:-1]).any():
            raise BrokenStream("values that end before they begin")
        ends: list[int] = offsets.tolist()
        return ends

    def _buffer(self) -> memoryview:
        offset, length = self._next(self._buffers)
        if offset < 0 or length < 0 or offset + length > len(self._body):
            raise BrokenStream("a buffer beyond the body")
        return self._body[offset : offset + length]

    def _next(self, values: Any) -> Any:
        found = next(values, None)
        if found is None:
            raise BrokenStream("fewer buffers than its columns need")
        return found


def _numbers(raw: memoryview, dtype: np.dtype[Any], length: int) -> NDArray[Any]:
    if len(raw) < length * dtype.itemsize:
        raise BrokenStream("fewer values than rows")
    return np.frombuffer(raw, dtype, length)


def _bits(raw: memoryview, length: int) -> NDArray[np.bool_]:
    if 8 * len(raw) < length:
        raise BrokenStream("fewer values than rows")
    return np.unpackbits(np.frombuffer(raw, np.uint8), count=length, bitorder="little").view(np.bool_)


def _piece(data: list[memoryview], buffer: int, offset: int, size: int) -> memoryview:
    if not 0 <= buffer < len(data) or offset < 0 or offset + size > len(data[buffer]):
        raise BrokenStream("a text beyond its buffer")
    return data[buffer][offset : offset + size]


def _text(raw: memoryview) -> str:
    try:
        return str(raw, "utf-8")
    except UnicodeDecodeError:
        raise BrokenStream("text that is not UTF-8") from None
