"""From Arrow to typed columns: every type that fits gives the same categories, every other one is refused by name."""

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pydantic import TypeAdapter

from models.columns import Bags, Categories, Column
from models.errors import DataError
from models.features import CategoricalFeature, Feature
from training.data.typed import check_type, typed


def feature(kind: str, **settings: Any) -> Feature:
    adapter: TypeAdapter[Feature] = TypeAdapter(Feature)
    return adapter.validate_python({"name": "x", "kind": kind, "scope": "candidate", **settings})


def column(kind: str, array: pa.Array, **settings: Any) -> Column:
    made = feature(kind, **settings)
    check_type(made, array.type)
    return typed(made, array)


def texts(array: pa.Array) -> list[str | None]:
    made = column("categorical", array)
    assert isinstance(made, Categories)
    return [made.values[code] if code >= 0 else None for code in made.codes]


def lists(array: pa.Array, **settings: Any) -> list[list[str | None]]:
    made = column("multi_categorical", array, **settings)
    assert isinstance(made, Bags)
    flat = [made.values[code] if code >= 0 else None for code in made.codes]
    return [flat[start:end] for start, end in zip(made.offsets, made.offsets[1:], strict=False)]


class TestCategories:
    @pytest.mark.parametrize(
        ("array", "expected"),
        [
            (pa.array(["b", None, "a", "b", ""]), ["b", None, "a", "b", ""]),
            (pa.array(["b", None], pa.large_string()), ["b", None]),
            (pa.array([7, None, -1], pa.int8()), ["7", None, "-1"]),
            (pa.array([2**63 - 1, None]), [str(2**63 - 1), None]),
            (pa.array([2**64 - 1], pa.uint64()), [str(2**64 - 1)]),
            (pa.array([7.0, math.nan, None, -0.0]), ["7", None, None, "0"]),
            (pa.array([7.0, None], pa.float32()), ["7", None]),
            (pa.array([np.float16(7), None], pa.float16()), ["7", None]),
            (pa.array([True, None, False]), ["true", None, "false"]),
            (pa.nulls(2), [None, None]),
            (pa.array(["b", None, "b"]).dictionary_encode(), ["b", None, "b"]),
            (pa.DictionaryArray.from_arrays([0, 1, None, 0], ["b", None]), ["b", None, None, "b"]),
            (pa.DictionaryArray.from_arrays(pa.array([1, 0], pa.uint8()), [7, 8]), ["8", "7"]),
            (pa.array(["x", "b", None, "a"])[1:], ["b", None, "a"]),
            (pa.array([], pa.string()), []),
        ],
        ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
    )
    def test_values(self, array: pa.Array, expected: list[str | None]) -> None:
        assert texts(array) == expected

    @pytest.mark.parametrize("value", [1.5, math.inf, 2.0**60])
    def test_a_float_that_is_no_id_is_refused_by_name(self, value: float) -> None:
        with pytest.raises(DataError, match=r"text or a whole number; column 'x' holds .*make the feature numeric, or"):
            column("categorical", pa.array([1.0, value]))


class TestLists:
    @pytest.mark.parametrize(
        "type_", [pa.list_(pa.string()), pa.large_list(pa.string()), pa.list_(pa.large_string())], ids=str
    )
    def test_nulls_empty_lists_and_null_elements(self, type_: pa.DataType) -> None:
        array = pa.array([["a", None], None, [], ["b", "a"]], type_)
        assert lists(array) == [["a", None], [], [], ["b", "a"]]
        assert lists(array[1:]) == [[], [], ["b", "a"]]

    def test_whole_numbers_and_nothing_at_all(self) -> None:
        assert lists(pa.array([[7, 2**62], []])) == [["7", str(2**62)], []]
        assert lists(pa.array([[], None], pa.list_(pa.null()))) == [[], []]
        assert lists(pa.array([[None]], pa.list_(pa.null()))) == [[None]]
        assert lists(pa.nulls(2)) == [[], []]

    def test_a_null_list_may_hide_values(self) -> None:
        hidden = pa.ListArray.from_arrays(pa.array([0, 2, 3]), pa.array(["a", "b", "c"]), mask=pa.array([True, False]))
        assert lists(hidden) == [[], ["c"]]

    @pytest.mark.parametrize("type_", [pa.string(), pa.large_string()], ids=str)
    def test_text_is_split(self, type_: pa.DataType) -> None:
        array = pa.array(["a,b", None, "", " a , ,b ", "a,b"], type_)
        assert lists(array, separator=",") == [["a", "b"], [], [], ["a", "b"], ["a", "b"]]
        assert lists(array[3:], separator=",") == [["a", "b"], ["a", "b"]]

    def test_a_list_is_never_split(self) -> None:
        assert lists(pa.array([["a,b"]]), separator=",") == [["a,b"]]


class TestNumbers:
    @pytest.mark.parametrize(
        ("array", "expected"),
        [
            (pa.array([1, None, 3]), [1, math.nan, 3]),
            (pa.array([1.5, math.nan, None]), [1.5, math.nan, math.nan]),
            (pa.array([np.float16(1.5)], pa.float16()), [1.5]),
            (pa.array([True, False, None]), [1, 0, math.nan]),
            (pa.array([Decimal("1.25"), None]), [1.25, math.nan]),
            (pa.array([2**64 - 1], pa.uint64()), [2.0**64]),
            (pa.array([2**63 - 1]), [2.0**63]),
            (pa.nulls(2), [math.nan, math.nan]),
            (pa.array([9.0, 1.5])[1:], [1.5]),
        ],
        ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
    )
    def test_values(self, array: pa.Array, expected: list[float]) -> None:
        np.testing.assert_array_equal(column("numeric", array), np.array(expected, dtype=np.float64))

    @pytest.mark.parametrize("value", [math.inf, -math.inf])
    def test_infinity_is_refused_by_name(self, value: float) -> None:
        with pytest.raises(DataError, match=r"finite or null; column 'x' holds infinity: correct the log"):
            column("numeric", pa.array([1.0, value]))


@pytest.mark.parametrize(
    ("kind", "type_", "needs"),
    [
        ("categorical", pa.list_(pa.string()), "text or whole numbers"),
        ("categorical", pa.timestamp("us"), "text or whole numbers"),
        ("categorical", pa.date32(), "text or whole numbers"),
        ("categorical", pa.binary(), "text or whole numbers"),
        ("categorical", pa.decimal128(5), "text or whole numbers"),
        ("categorical", pa.struct([("a", pa.int8())]), "text or whole numbers"),
        ("categorical", pa.dictionary(pa.int8(), pa.float64()), "text or whole numbers"),
        ("multi_categorical", pa.string(), "lists of text or whole numbers"),
        ("multi_categorical", pa.int64(), "lists of text or whole numbers"),
        ("multi_categorical", pa.list_(pa.float64()), "lists of text or whole numbers"),
        ("multi_categorical", pa.list_(pa.list_(pa.int64())), "lists of text or whole numbers"),
        ("numeric", pa.string(), "numbers"),
        ("numeric", pa.list_(pa.float64()), "numbers"),
        ("numeric", pa.timestamp("us"), "numbers"),
        ("numeric", pa.dictionary(pa.int8(), pa.int64()), "numbers"),
    ],
    ids=str,
)
def test_a_wrong_type_is_refused_by_name(kind: str, type_: pa.DataType, needs: str) -> None:
    with pytest.raises(DataError) as caught:
        check_type(feature(kind), type_)
    message = str(caught.value)
    assert f"a {kind} feature holds {needs}" in message
    assert f"column 'x' is of type {type_}: correct the feature's `kind`, or the log" in message


def test_text_that_is_not_utf8_is_refused_by_name() -> None:
    raw = pa.array([b"fine", b"\xff\xfe"], pa.binary()).view(pa.string())
    feature = CategoricalFeature(name="city", kind="categorical", scope="context")
    with pytest.raises(DataError, match="column 'city' holds other bytes"):
        typed(feature, raw)
