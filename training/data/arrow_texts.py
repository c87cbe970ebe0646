"""Text between Arrow and the typed columns: the same bytes, none of them copied."""

import numpy as np
import pyarrow as pa

from models.distinct import Integers, Texts


def from_arrow(array: pa.Array) -> Texts:
    """Texts of a `string` or `large_string` array without nulls."""
    _, raw_offsets, raw_data = array.buffers()
    width = np.int32 if pa.types.is_string(array.type) else np.int64
    if raw_offsets is None or len(array) == 0:
        return Texts(np.empty(0, np.uint8), np.zeros(1, np.int64))
    offsets = np.frombuffer(raw_offsets, width)[array.offset : array.offset + len(array) + 1]
    data = np.empty(0, np.uint8) if raw_data is None else np.frombuffer(raw_data, np.uint8)
    return Texts(data, offsets.astype(np.int64))


def to_arrow(values: object) -> pa.Array:
    """A `large_string` array of values that are text, or stand for it, in any form that a column holds."""
    if isinstance(values, Integers):
        return pa.array(values.numbers).cast(pa.large_string())
    if isinstance(values, Texts):
        buffers = [None, pa.py_buffer(values.offsets), pa.py_buffer(values.data)]
        return pa.Array.from_buffers(pa.large_string(), len(values), buffers)
    return pa.array(values, pa.large_string())
