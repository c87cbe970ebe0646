"""The protocol's names of datatypes, and how each lies in memory."""

import struct
from typing import Any

import numpy as np

Dtype = np.dtype[Any]
BYTES = "BYTES"
BOOL = "BOOL"
BF16 = "BF16"
INTEGERS: dict[str, Dtype] = {
    "INT8": np.dtype("<i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "UINT8": np.dtype("<u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
}
FRACTIONS: dict[str, Dtype] = {"FP16": np.dtype("<f2"), "FP32": np.dtype("<f4"), "FP64": np.dtype("<f8")}
STORED_AS: dict[str, Dtype] = {BOOL: np.dtype("<u1"), BF16: np.dtype("<u2"), **INTEGERS, **FRACTIONS}
"""Of all datatypes with elements of one size: a boolean is a byte; numpy has no BF16, so its two bytes are kept."""
DATATYPES = (BYTES, *STORED_AS)
LENGTH = struct.Struct("<I")
"""What precedes each element of BYTES: its length."""
