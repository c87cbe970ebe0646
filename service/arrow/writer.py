"""Predictions as an Arrow IPC stream: a float32 column a field, in one batch."""

import struct
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.manifest import Manifest
from models.ranking import INDEX
from service.arrow.building import Fields, flatbuffer
from service.arrow.messages import CONTINUATION, RECORD_BATCH, SCHEMA
from service.engine import Outcome

_VERSION = ("h", 4)
"""Of the metadata: V5, https://github.com/apache/arrow/blob/main/format/Schema.fbs."""
_END = struct.pack("<Ii", CONTINUATION, 0)
_ALIGNMENT = 8
_WHOLE: Fields = {2: ("B", 2), 3: {0: ("i", 64), 1: ("B", 1)}, 5: []}
_FLOAT: Fields = {2: ("B", 3), 3: {0: ("h", 1)}, 5: []}
"""Fields of int64 and of float32, without their names."""


def arrow_answer(manifest: Manifest, outcome: Outcome) -> bytes:
    """The stream of one answer, rows in the order sent, or the best of them first with their positions as a column."""
    values, columns = outcome.values, []
    if outcome.order is not None:
        values = values[outcome.order]
        columns.append(outcome.order.astype("<i8"))
    columns += [np.ascontiguousarray(values[:, place], "<f4") for place in range(len(outcome.fields))]
    schema = _schema(manifest.name, manifest.version, outcome.fields, has_index=outcome.order is not None)
    return schema + _batch(columns, len(values)) + _END


@lru_cache
def _schema(model: str, version: str, fields: tuple[str, ...], *, has_index: bool) -> bytes:
    """The first message, the same for all answers of a model."""
    columns: list[Fields] = [{0: INDEX.encode(), **_WHOLE}] if has_index else []
    columns += [{0: name.encode(), **_FLOAT} for name in fields]
    metadata = {b"threefold.model": model, b"threefold.version": version}
    entries: list[Fields] = [{0: key, 1: text.encode()} for key, text in metadata.items()]
    return _message(SCHEMA, {1: columns, 2: entries}, b"")


def _batch(columns: Sequence[NDArray[Any]], num_rows: int) -> bytes:
    """The message of all rows. Nothing is missing, so that each column's mask is a buffer of no bytes."""
    pieces = [_padded(column.tobytes()) for column in columns]
    starts = accumulate(map(len, pieces), initial=0)
    spans = [(start, 0, start, column.nbytes) for start, column in zip(starts, columns, strict=False)]
    header: Fields = {
        0: ("q", num_rows),
        1: np.array([(num_rows, 0)] * len(columns)),
        2: np.array(spans).reshape(-1, 2),
    }
    return _message(RECORD_BATCH, header, b"".join(pieces))


def _message(kind: int, header: Fields, body: bytes) -> bytes:
    metadata = flatbuffer({0: _VERSION, 1: ("B", kind), 2: header, 3: ("q", len(body))})
    return struct.pack("<Ii", CONTINUATION, len(metadata)) + metadata + body


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)
