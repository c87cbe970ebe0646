"""One spelling for each category, whatever type it comes in; refusals name row and field."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.columns import bags, categories, category_text, num_rows, numbers
from models.errors import DataError, ThreefoldError, ValueRefused


class TestCategoryText:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("7", "7"),
            (7, "7"),
            (7.0, "7"),
            (np.int32(7), "7"),
            (np.uint64(7), "7"),
            (np.float32(7), "7"),
            (-0.0, "0"),
            (-3, "-3"),
            (True, "true"),
            (False, "false"),
            (np.bool_(True), "true"),
            ("", ""),
            (" 7", " 7"),
            ("007", "007"),
            (2**53 + 1, "9007199254740993"),
            (2**63 - 1, "9223372036854775807"),
            (2**200, str(2**200)),
            (float(2**53), "9007199254740992"),
        ],
    )
    def test_known_spellings(self, value: object, text: str) -> None:
        assert category_text(value) == text

    @pytest.mark.parametrize(
        "value", [1.5, math.nan, math.inf, -math.inf, 2.0**54, None, b"7", [], {}, object(), 1j, np.datetime64("2026")]
    )
    def test_anything_else_is_no_category(self, value: object) -> None:
        assert category_text(value) is None

    @given(st.integers())
    def test_an_integer_never_passes_a_float(self, value: int) -> None:
        assert category_text(value) == str(value)

    @given(st.integers(-(2**53), 2**53))
    def test_a_whole_float_is_its_integer(self, value: int) -> None:
        assert category_text(float(value)) == category_text(value)


class TestCategories:
    def test_none_is_missing_and_the_rest_reads_back(self) -> None:
        column = categories("item", ["a", None, 7, 7.0, None])
        assert [column.values[code] if code >= 0 else None for code in column.codes] == ["a", None, "7", "7", None]

    @pytest.mark.parametrize("value", [1.5, math.nan, ["a"], {"a": 1}, b"a"])
    def test_a_refusal_names_row_and_field(self, value: object) -> None:
        with pytest.raises(ValueRefused, match=r"^row 2, field 'item': must be .*, found ") as caught:
            categories("item", ["a", None, value])
        assert (caught.value.row, caught.value.field) == (2, "item")
        assert isinstance(caught.value, DataError | ThreefoldError)

    def test_a_long_value_is_cut_in_the_message(self) -> None:
        with pytest.raises(ValueRefused) as caught:
            categories("item", [["x" * 10_000]])
        assert len(str(caught.value)) < 200


class TestBags:
    def test_lists_tuples_and_arrays_are_the_same(self) -> None:
        for value in ([1, 2], (1, 2), np.array([1, 2])):
            assert list(bags("tags", [value]).values) == ["1", "2"]

    def test_none_and_empty_are_the_same_and_missing_elements_go(self) -> None:
        column = bags("tags", [None, [], ["a", None, "b"]])
        assert column.offsets.tolist() == [0, 0, 0, 2]
        assert list(column.values) == ["a", "b"]

    @pytest.mark.parametrize(
        ("text", "ids"), [("a,b", ["a", "b"]), (" a , b ", ["a", "b"]), ("", []), (",,", []), ("a,,b", ["a", "b"])]
    )
    def test_a_separator_splits_text(self, text: str, ids: list[str]) -> None:
        assert list(bags("tags", [text], ",").values) == ids

    def test_a_list_is_never_split(self) -> None:
        assert list(bags("tags", [["a,b"]], ",").values) == ["a,b"]

    @pytest.mark.parametrize("value", ["a,b", 7, {"a": 1}, b"ab", {"a"}])
    def test_no_list_is_refused_by_row_and_field(self, value: object) -> None:
        with pytest.raises(ValueRefused, match=r"^row 1, field 'tags': must be a list of ids or null, found "):
            bags("tags", [[], value])

    def test_a_wrong_element_is_refused_by_row_and_field(self) -> None:
        with pytest.raises(ValueRefused, match=r"^row 1, field 'tags': .*found float 1\.5"):
            bags("tags", [["a"], ["a", 1.5]])


class TestNumbers:
    def test_none_is_nan_and_integers_and_booleans_are_numbers(self) -> None:
        column = numbers("age", [None, 1, 2.5, True, np.float32(0.5)])
        assert math.isnan(column[0])
        assert column[1:].tolist() == [1.0, 2.5, 1.0, 0.5]

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, np.float32("nan")])
    def test_what_is_not_finite_is_refused(self, value: Any) -> None:
        with pytest.raises(ValueRefused, match=r"^row 1, field 'age': must be a finite number.*null"):
            numbers("age", [0, value])

    @pytest.mark.parametrize("value", ["1", [1], b"1", 1j])
    def test_what_is_no_number_is_refused(self, value: object) -> None:
        with pytest.raises(ValueRefused, match=r"^row 0, field 'age': must be a number or null, found "):
            numbers("age", [value])


def test_num_rows_of_columns() -> None:
    assert num_rows({}) == 0
    assert num_rows({"tags": bags("tags", [[], ["a"]]), "age": numbers("age", [1, 2])}) == 2
