"""From predictions to the bytes of an answer in JSON.

Numbers stay float32, which orjson writes in the shortest form that reads back to the same float32.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import orjson
from numpy.typing import NDArray

from models.manifest import Manifest
from models.ranking import INDEX
from service.engine import Outcome
from service.request import Layout

Values = NDArray[np.float32]
"""[rows, fields]"""


def answer(manifest: Manifest, request_id: str, outcome: Outcome, layout: Layout = "rows") -> bytes:
    """The JSON of one answer, rows in the order sent, or the best of them first and their positions beside them."""
    values = outcome.values if outcome.order is None else outcome.values[outcome.order]
    write = _rows if layout == "rows" else _columns
    head = orjson.dumps({"model": manifest.name, "version": manifest.version, "request_id": request_id})
    tail = b"" if outcome.order is None else b',"%b":%b' % (INDEX.encode(), _dumped(outcome.order))
    return b'%b,"predictions":%b%b}' % (head[:-1], write(outcome.fields, values), tail)


def _columns(fields: Sequence[str], values: Values) -> bytes:
    return _dumped(dict(zip(fields, np.ascontiguousarray(values.T), strict=True)))


def _rows(fields: tuple[str, ...], values: Values) -> bytes:
    """All numbers are written at once, and then the keys are put between them."""
    first, keys = _keys(fields)
    numbers = _dumped(np.ascontiguousarray(values).reshape(-1))[1:-1].split(b",")
    pieces = [first] * (2 * len(numbers))
    pieces[::2] = keys * len(values)
    pieces[1::2] = numbers
    pieces[0] = first
    return b"".join([*pieces, b"}]"])


@lru_cache
def _keys(fields: tuple[str, ...]) -> tuple[bytes, list[bytes]]:
    """What stands before the first number of all, and before each number of a later row."""
    names = [orjson.dumps(field) + b":" for field in fields]
    return b"[{" + names[0], [b"},{" + names[0], *(b"," + name for name in names[1:])]


def _dumped(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
