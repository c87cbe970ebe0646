"""From Arrow arrays of a log to the typed columns that the encoder takes."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.columns import LARGEST_WHOLE, Bags, Categories, Codes, Column, Numbers
from models.distinct import Integers, Texts
from models.errors import DataError
from models.features import CategoricalFeature, Feature, MultiCategoricalFeature
from training.data.arrow_texts import from_arrow


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
    if isinstance(feature, CategoricalFeature):
        return Categories(*_dictionary(feature.name, array))
    if isinstance(feature, MultiCategoricalFeature):
        return _bags(feature, array)
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


def _bags(feature: MultiCategoricalFeature, array: pa.Array) -> Bags:
    if feature.separator is not None and _is_text(array.type):
        return _split(feature.name, array, feature.separator)
    if pa.types.is_null(array.type):
        return Bags([], np.zeros(0, np.int64), np.zeros(len(array) + 1, np.int64))
    values, codes = _dictionary(feature.name, array.flatten())  # flatten leaves null lists out
    return Bags(values, codes, _list_offsets(array))


def _split(name: str, array: pa.Array, separator: str) -> Bags:
    """Split text into ids as `models.columns.bags` does: blanks trimmed, empty parts dropped."""
    _refuse_other_bytes(name, array)
    lists = pc.split_pattern(array, separator)
    parts = pc.utf8_trim_whitespace(lists.flatten())
    kept = pc.binary_length(parts).to_numpy(zero_copy_only=False) > 0
    values, codes = _dictionary(name, parts.filter(kept))
    return Bags(values, codes, np.concatenate(([0], np.cumsum(kept)))[_list_offsets(lists)])


def _list_offsets(lists: pa.Array) -> Codes:
    """Where each list begins among the elements of all, and where the last one ends; a null list is empty."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    return np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)


def _dictionary(name: str, array: pa.Array) -> tuple[Sequence[str], Codes]:
    """Distinct categories and a code a row; -1 for null."""
    if pa.types.is_null(array.type):
        return [], np.full(len(array), -1, dtype=np.int64)
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    distinct, indices = encoded.dictionary, encoded.indices.cast(pa.int64())
    codes = _without_null(indices, -1).to_numpy(zero_copy_only=False)
    if len(distinct) > len(codes):  # a dictionary of a whole file, of which few rows can use little
        used, codes = np.unique(np.append(codes, -1), return_inverse=True)
        distinct, codes = distinct.take(pa.array(used[1:])), codes[:-1] - 1
    if pa.types.is_floating(distinct.type):
        distinct = _whole(name, distinct)
    if distinct.null_count:  # NaN of a float column and a null inside a dictionary are missing values
        kept = np.where(distinct.is_null().to_numpy(zero_copy_only=False), -1, np.arange(len(distinct)))
        codes = np.append(kept, -1)[codes]
    return _values(name, distinct), codes


def _values(name: str, distinct: pa.Array) -> Integers | Texts:
    """The categories, spelled as `models.columns.category_text` does; anything in the place of a null."""
    if pa.types.is_boolean(distinct.type) or distinct.type == pa.uint64():
        distinct = distinct.cast(pa.string())
    if not _is_text(distinct.type):
        return Integers(_without_null(distinct.cast(pa.int64()), 0).to_numpy(zero_copy_only=False))
    _refuse_other_bytes(name, distinct)
    return from_arrow(_without_null(distinct, ""))


def _without_null(array: pa.Array, stand_in: int | str) -> pa.Array:
    return pc.fill_null(array, stand_in) if array.null_count else array


def _whole(name: str, distinct: pa.Array) -> pa.Array:
    """Floats that are whole numbers, as these; null for NaN."""
    found = numbers(distinct)
    whole = (np.floor(found) == found) & (np.abs(found) <= LARGEST_WHOLE)
    missing = np.isnan(found)
    if not (whole | missing).all():
        wrong = float(found[~(whole | missing)][0])
        raise DataError(
            f"a category is text or a whole number; column '{name}' holds {wrong!r}: make the feature numeric, "
            f"or correct the log"
        )
    return pa.array(np.where(missing, 0.0, found).astype(np.int64), mask=missing)


def _refuse_other_bytes(name: str, texts: pa.Array) -> None:
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid as error:
        raise DataError(f"text is UTF-8; column '{name}' holds other bytes ({error}): correct the log") from None


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
