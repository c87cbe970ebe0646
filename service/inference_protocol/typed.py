"""From tensors to the typed columns of features: whole arrays, with a Python object for nothing but a category."""

from typing import cast

import numpy as np

from models.columns import Column, Numbers, SentBags, SentCategories, Value
from models.features import CategoricalFeature, Feature, MultiCategoricalFeature
from service.inference_protocol.datatypes import BOOL, BYTES, INTEGERS
from service.inference_protocol.tensor import Elements, Tensor
from service.refusal import WRONG_SHAPE, WRONG_VALUE, Refusal

_CATEGORIES = {BYTES, BOOL, *INTEGERS}


def column_of(feature: Feature, tensor: Tensor) -> Column:
    """The column of the feature.

    Raises:
        Refusal: the tensor's datatype or shape is not for such a feature, or a number is infinite.
    """
    if isinstance(feature, MultiCategoricalFeature):
        return _bags(feature, tensor)
    if len(tensor.shape) > 1 and tensor.shape[1] != 1:
        raise _wrong_shape(tensor, f"is {feature.kind}, one element a row: its shape is [rows] or [rows, 1]")
    return SentCategories(_sent(tensor)) if isinstance(feature, CategoricalFeature) else _numbers(tensor)


def repeated(column: Column, num_rows: int) -> Column:
    """A column of one row, for all rows."""
    if isinstance(column, SentCategories):
        return SentCategories([*column.sent] * num_rows)
    if isinstance(column, SentBags):
        return SentBags([*column.sent] * num_rows, [column.sent] * num_rows)
    return np.repeat(cast(Numbers, column), num_rows)


def _bags(feature: MultiCategoricalFeature, tensor: Tensor) -> SentBags:
    lists = _separated(feature, tensor) if len(tensor.shape) == 1 else _lists(tensor)
    return SentBags([element for each in lists for element in each], lists)


def _lists(tensor: Tensor) -> list[list[str | int]]:
    num_rows, length = tensor.shape
    sent = _sent(tensor)
    return [
        [element for element in sent[row * length : (row + 1) * length] if element is not None]
        for row in range(num_rows)
    ]


def _separated(feature: MultiCategoricalFeature, tensor: Tensor) -> list[list[str | int]]:
    """Lists that are one text each."""
    if feature.separator is None or tensor.datatype != BYTES:
        text = (
            "" if feature.separator is None else f"; or BYTES of shape [rows], with '{feature.separator}' between ids"
        )
        raise _wrong_shape(tensor, f"is a list a row, of shape [rows, length], where an empty text is no element{text}")
    return [
        [part for piece in text.split(feature.separator) if (part := piece.strip())]
        for text in cast(list[str], tensor.elements)
    ]


def _numbers(tensor: Tensor) -> Numbers:
    if tensor.datatype == BYTES:
        raise Refusal(
            WRONG_VALUE,
            f"input '{tensor.name}': a number is FP64, FP32, FP16, BF16, BOOL or an integer; found BYTES: send numbers",
            field=tensor.name,
        )
    numbers = cast(Elements, tensor.elements).astype(np.float64)
    infinite = np.isinf(numbers)
    if infinite.any():
        row = int(infinite.argmax())
        raise Refusal(
            WRONG_VALUE,
            f"input '{tensor.name}', row {row}: must be a finite number, found infinity; NaN is a missing one",
            row=row,
            field=tensor.name,
        )
    if tensor.missing is not None:
        numbers[tensor.missing] = np.nan
    return numbers


def _sent(tensor: Tensor) -> list[Value]:
    """One category an element, None where it is missing; integers never pass through a float."""
    if tensor.datatype not in _CATEGORIES:
        raise Refusal(
            WRONG_VALUE,
            f"input '{tensor.name}': categories are BYTES, BOOL or an integer; found {tensor.datatype}: send one of "
            f"those, best BYTES",
            field=tensor.name,
        )
    if tensor.datatype == BYTES:
        texts = cast(list[Value], tensor.elements)
        return [text or None for text in texts] if "" in texts else texts
    values: list[Value] = cast(Elements, tensor.elements).tolist()
    if tensor.datatype == BOOL:
        values = ["true" if value else "false" for value in values]
    if tensor.missing is None:
        return values
    return [None if missing else value for value, missing in zip(values, tensor.missing, strict=True)]


def _wrong_shape(tensor: Tensor, rule: str) -> Refusal:
    found = f"{tensor.datatype} of shape {list(tensor.shape)}"
    return Refusal(WRONG_SHAPE, f"input '{tensor.name}': {rule}; found {found}", field=tensor.name)
