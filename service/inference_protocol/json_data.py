"""Elements that came as JSON, checked against their datatype; null is a missing one."""

import math
from typing import Any

import numpy as np

from service.inference_protocol.datatypes import BF16, BOOL, BYTES, FRACTIONS, INTEGERS
from service.inference_protocol.header import Input
from service.inference_protocol.tensor import Elements, Tensor
from service.json_body import json_kind
from service.refusal import WRONG_SHAPE, WRONG_VALUE, Refusal

_NULL = type(None)
_TAKES = {BYTES: "text", BOOL: "a boolean", **dict.fromkeys(INTEGERS, "a whole number")}
_TYPES: dict[str, set[type]] = {BYTES: {str, _NULL}, BOOL: {bool, _NULL}, **{key: {int, _NULL} for key in INTEGERS}}
_NUMBERS: set[type] = {int, float, _NULL}


def json_tensor(declared: Input) -> Tensor:
    """The tensor of a list, flat or one list a row.

    Raises:
        Refusal: there are more or fewer elements than the shape says, or one does not fit its datatype.
    """
    if declared.datatype == BF16:
        raise Refusal(
            WRONG_VALUE,
            f"input '{declared.name}': BF16 is sent as bytes; found `data`: send its bytes, or FP32",
            field=declared.name,
        )
    elements = _flat(declared)
    found = set(map(type, elements))
    if not found <= _TYPES.get(declared.datatype, _NUMBERS):
        raise _misfit(declared, elements)
    if declared.datatype == BYTES:
        return Tensor(declared.name, BYTES, declared.shape, [element or "" for element in elements])
    missing = None
    if _NULL in found:
        missing = np.fromiter((element is None for element in elements), dtype=bool, count=len(elements))
        elements = [0 if element is None else element for element in elements]
    return Tensor(declared.name, declared.datatype, declared.shape, _array(declared, elements), missing)


def _flat(declared: Input) -> list[Any]:
    assert declared.data is not None
    data, shape = declared.data, declared.shape
    if len(shape) == 2 and any(isinstance(row, list) for row in data):
        if len(data) != shape[0] or not all(isinstance(row, list) and len(row) == shape[1] for row in data):
            raise _wrong_count(declared, f"{shape[0]} lists of {shape[1]} elements, or all in one list")
        return [element for row in data for element in row]
    if len(data) != math.prod(shape):
        raise _wrong_count(declared, f"{math.prod(shape)} elements")
    return data


def _array(declared: Input, elements: list[Any]) -> Elements:
    """The elements as the datatype holds them, so that JSON and binary say the same."""
    if declared.datatype == BOOL:
        return np.array(elements, dtype=bool)
    if declared.datatype in INTEGERS:
        dtype = INTEGERS[declared.datatype]
        limits = np.iinfo(dtype)
        if elements and not limits.min <= min(elements) <= max(elements) <= limits.max:
            position = next(at for at, value in enumerate(elements) if not limits.min <= value <= limits.max)
            raise _wrong_element(declared, position, f"is from {limits.min} to {limits.max}; found another number")
        return np.array(elements, dtype=dtype)
    numbers = np.fromiter(map(_double, elements), dtype=np.float64, count=len(elements))
    with np.errstate(over="ignore"):  # beyond the datatype is infinite, which features refuse by row
        return numbers.astype(FRACTIONS[declared.datatype])


def _double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # a whole number of hundreds of digits
        return math.inf


def _wrong_count(declared: Input, expected: str) -> Refusal:
    return Refusal(
        WRONG_SHAPE,
        f"input '{declared.name}': `data` of shape {list(declared.shape)} has {expected}; found another number: "
        f"mend `shape` or `data`",
        field=declared.name,
    )


def _misfit(declared: Input, elements: list[Any]) -> Refusal:
    fitting = _TYPES.get(declared.datatype, _NUMBERS)
    position = next(at for at, element in enumerate(elements) if type(element) not in fitting)
    takes = _TAKES.get(declared.datatype, "a number")
    return _wrong_element(declared, position, f"is {takes} or null; found {json_kind(elements[position])}")


def _wrong_element(declared: Input, position: int, rule: str) -> Refusal:
    row = declared.row_of(position)
    return Refusal(
        WRONG_VALUE,
        f"input '{declared.name}', row {row}: an element of {declared.datatype} {rule}: mend it or change `datatype`",
        row=row,
        field=declared.name,
    )
