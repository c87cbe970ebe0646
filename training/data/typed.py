"""From Arrow arrays of a log to the typed columns that the encoder takes."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.columns import Bags, Categories, Column, Numbers, category_text
from models.errors import DataError
from models.features import CategoricalFeature, Feature, MultiCategoricalFeature


def check_type(feature: Feature, found: pa.DataType) -> None:
    """Refuse a column whose type the feature cannot take.

    Raises:
        DataError: naming the feature, what it needs and what was found.
    """
    if pa.types.is_null(found):
        return
    if isinstance(feature, CategoricalFeature):
        fits, needs = _is_category(found) or pa.types.is_floating(found), "text or whole numbers"
    elif isinstance(feature, MultiCategoricalFeature):
        is_list = pa.types.is_list(found) or pa.types.is_large_list(found)
        split = feature.separator is not None and _is_text(found)
        fits = (is_list and (_is_category(found.value_type) or pa.types.is_null(found.value_type))) or split
        needs = "lists of text or whole numbers (or text, with `separator`)"
    else:
        fits, needs = _is_number(found), "numbers"
    if not fits:
        raise DataError(
            f"a {feature.kind} feature holds {needs}; column '{feature.name}' is of type {found}: "
            f"correct the feature's `kind`, or the log"
        )


def typed(feature: Feature, array: pa.Array) -> Column:
    """The column of a chunk; equal to what the same values give when they come as Python objects.

    Raises:
        DataError: a value that no request could hold: infinity, a fraction as a category, text that is not UTF-8.
    """
    try:
        if isinstance(feature, CategoricalFeature):
            return _categories(feature.name, array)
        if isinstance(feature, MultiCategoricalFeature):
            return _bags(feature, array)
    except UnicodeDecodeError as error:
        raise DataError(
            f"text is UTF-8; column '{feature.name}' holds other bytes ({error}): correct the log"
        ) from None
    return finite_numbers(feature.name, array)


def numbers(array: pa.Array) -> Numbers:
    """Float64 with NaN for null, [rows]."""
    if pa.types.is_null(array.type):
        return np.full(len(array), np.nan)
    column: Numbers = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return column


def finite_numbers(name: str, array: pa.Array) -> Numbers:
    """Like `numbers`, refusing infinity."""
    column = numbers(array)
    if np.isinf(column).any():
        raise DataError(f"a number is finite or null; column '{name}' holds infinity: correct the log")
    return column


def _categories(name: str, array: pa.Array) -> Categories:
    values, codes = _dictionary(name, array)
    return Categories(values, codes)


def _bags(feature: MultiCategoricalFeature, array: pa.Array) -> Bags:
    if feature.separator is not None and _is_text(array.type):
        array = _split(array, feature.separator)
    if pa.types.is_null(array.type):
        return Bags([], np.zeros(0, np.int64), np.zeros(len(array) + 1, np.int64))
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    values, codes = _dictionary(feature.name, array.flatten())  # flatten leaves null lists out
    return Bags(values, codes, np.concatenate(([0], np.cumsum(lengths))).astype(np.int64))


def _split(array: pa.Array, separator: str) -> pa.Array:
    """Split text into ids as `models.columns.bags` does: blanks trimmed, empty parts dropped."""
    distinct = array.dictionary_encode()
    parts = [
        None if text is None else [part.strip() for part in text.split(separator) if part.strip()]
        for text in distinct.dictionary.to_pylist()
    ]
    return pa.array(parts, pa.list_(pa.string())).take(distinct.indices)


def _dictionary(name: str, array: pa.Array) -> tuple[list[str], NDArray[np.int64]]:
    """Distinct categories and a code a row; -1 for null."""
    if pa.types.is_null(array.type):
        return [], np.full(len(array), -1, dtype=np.int64)
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    raw = encoded.dictionary.to_pylist()
    codes = pc.fill_null(encoded.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
    values = [_category(name, value) for value in raw]
    if None in values:  # NaN of a float column and a null inside the dictionary are missing values
        kept = np.array([-1 if value is None else code for code, value in enumerate(values)])
        codes = np.where(codes >= 0, kept[codes], -1)
    return [value or "" for value in values], codes


def _category(name: str, value: object) -> str | None:
    if value is None or value != value:
        return None
    text = category_text(value)
    if text is None:
        raise DataError(
            f"a category is text or a whole number; column '{name}' holds {value!r}: make the feature numeric, "
            f"or correct the log"
        )
    return text


def _is_text(found: pa.DataType) -> bool:
    return bool(pa.types.is_string(found) or pa.types.is_large_string(found))


def _is_number(found: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(found)
        or pa.types.is_floating(found)
        or pa.types.is_boolean(found)
        or pa.types.is_decimal(found)
    )


def _is_category(found: pa.DataType) -> bool:
    if pa.types.is_dictionary(found):
        return _is_category(found.value_type)
    return bool(_is_text(found) or pa.types.is_integer(found) or pa.types.is_boolean(found))


def is_number(found: pa.DataType) -> bool:
    """Whether the type holds numbers (or nothing at all)."""
    return _is_number(found) or pa.types.is_null(found)
