"""The binary tensor data extension: tensors after the JSON, one behind the other, without a byte between them.

https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
"""

import struct
from collections.abc import Sequence
from math import prod
from typing import TypeVar

import numpy as np

from service.inference_protocol.datatypes import BF16, BOOL, BYTES, LENGTH, STORED_AS, Dtype
from service.inference_protocol.header import Input
from service.inference_protocol.tensor import Elements, Tensor
from service.refusal import BROKEN_BODY, WRONG_HEADER, WRONG_VALUE, Refusal

S = TypeVar("S", str, bytes)
HEADER_LENGTH = "Inference-Header-Content-Length"


def parted(body: bytes, header_length: str | None) -> tuple[bytes, memoryview]:
    """The JSON of a body and the bytes of its tensors.

    Args:
        body: decompressed.
        header_length: the header of that name; None where the body is nothing but JSON.

    Raises:
        Refusal: the length is no number, or is not within the body.
    """
    if header_length is None:
        return body, memoryview(b"")
    is_number = header_length.isascii() and header_length.isdecimal() and len(header_length) < 20
    length = int(header_length) if is_number else -1
    if not 0 < length <= len(body):
        raise Refusal(
            WRONG_HEADER,
            f"{HEADER_LENGTH} says how many of the body's {len(body)} bytes are JSON, at least 1; found "
            f"'{header_length[:20]}': send the length of the JSON, or leave the header out where all is JSON",
        )
    return body[:length], memoryview(body)[length:]


def check_sizes(inputs: Sequence[Input], binary: memoryview) -> None:
    """Refuse tensors that claim more or fewer bytes than there are.

    Raises:
        Refusal: always if so, before anything is made of them.
    """
    claimed = sum(each.num_bytes or 0 for each in inputs)
    if claimed != len(binary):
        raise Refusal(
            BROKEN_BODY,
            f"the sizes in `binary_data_size` add up to the bytes after the JSON; found {claimed} and {len(binary)}: "
            f"send the tensors in the order of `inputs`, and {HEADER_LENGTH} with the length of the JSON",
        )


def binary_tensor(declared: Input, data: memoryview) -> Tensor:
    """The tensor of these bytes.

    Raises:
        Refusal: they are not what datatype and shape say.
    """
    count = prod(declared.shape)
    if declared.datatype == BYTES:
        return Tensor(declared.name, BYTES, declared.shape, _texts(declared, count, bytes(data)))
    dtype = STORED_AS[declared.datatype]
    if len(data) != count * dtype.itemsize:
        raise _wrong_size(declared, f"{count * dtype.itemsize} bytes", len(data))
    return Tensor(declared.name, declared.datatype, declared.shape, _elements(declared.datatype, data, dtype))


def _elements(datatype: str, data: memoryview, dtype: Dtype) -> Elements:
    stored: Elements = np.frombuffer(data, dtype)
    if datatype == BOOL:
        is_set: Elements = stored != 0
        return is_set
    if datatype == BF16:
        widened: Elements = (stored.astype(np.uint32) << np.uint32(16)).view(np.float32)
        return widened
    return stored


def _texts(declared: Input, count: int, data: bytes) -> list[str]:
    """Texts of elements that each follow their length."""
    if len(data) < count * LENGTH.size:  # also keeps the loop within the body
        raise _wrong_size(declared, f"at least {count * LENGTH.size} bytes", len(data))
    if data.isascii():  # as lengths below 128 are too, mostly all is decoded at once
        return _pieces(declared, count, data, data.decode("ascii"))
    return [_decoded(declared, at, piece) for at, piece in enumerate(_pieces(declared, count, data, data))]


def _pieces(declared: Input, count: int, data: bytes, source: S) -> list[S]:
    """The elements, cut out of the source, which is the data or its text of the same length."""
    pieces: list[S] = []
    end, width, length_at = 0, LENGTH.size, LENGTH.unpack_from
    try:
        for _ in range(count):
            start = end + width
            end = start + length_at(data, end)[0]
            pieces.append(source[start:end])
    except struct.error:
        raise _wrong_element(declared, len(pieces) - 1, "ends within its tensor; found a length beyond it") from None
    if end > len(data):
        raise _wrong_element(declared, count - 1, "ends within its tensor; found a length beyond it")
    if end < len(data):
        raise _wrong_size(declared, f"{end} bytes, as the lengths of its elements say", len(data))
    return pieces


def _decoded(declared: Input, position: int, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _wrong_element(declared, position, "is text in UTF-8; found other bytes") from None


def _wrong_size(declared: Input, expected: str, found: int) -> Refusal:
    return Refusal(
        BROKEN_BODY,
        f"input '{declared.name}': {declared.datatype} of shape {list(declared.shape)} has {expected}; found {found}: "
        f"mend `shape`, `datatype` or `binary_data_size`",
        field=declared.name,
    )


def _wrong_element(declared: Input, position: int, found: str) -> Refusal:
    row = declared.row_of(position)
    return Refusal(
        WRONG_VALUE, f"input '{declared.name}', row {row}: an element {found}: mend it", row=row, field=declared.name
    )
