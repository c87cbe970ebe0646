"""From Arrow to table rows without Python objects: the rows that a request with the same values would get."""

import math
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.columns import Bags, Categories, bags, categories, category_text
from models.features import CategoricalFeature, MultiCategoricalFeature
from models.features.categorical import encode_categories
from models.features.known_rows import LONGEST_KEY
from models.features.multi_categorical import encode_bags
from models.features.vocabulary import HashVocabulary, LearnedVocabulary, LearnedVocabularyConfig, Vocabulary
from training.data.typed import typed
from training.fitting.categories import VocabularyFit

CATEGORY = CategoricalFeature(name="x", kind="categorical", scope="candidate")
LIST = MultiCategoricalFeature(name="x", kind="multi_categorical", scope="candidate", separator=",")
INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.one_of(
    st.sampled_from(["7", "07", "+7", "-0", "0", "7.0", "\uff17", " 7", "", "a", "a\0", "true"]), st.text()
)
LONG = st.integers(LONGEST_KEY - 9, LONGEST_KEY + 9).map(lambda length: "é" + "x" * length)
VALUES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.int64(): st.one_of(st.integers(-9, 9), INT64),
    pa.int8(): st.integers(-128, 127),
    pa.uint64(): st.one_of(st.integers(0, 9), st.integers(2**63 - 2, 2**64 - 1)),
    pa.bool_(): st.booleans(),
    pa.string(): st.one_of(TEXT, LONG),
    pa.large_string(): TEXT,
    pa.float64(): st.one_of(st.integers(-(2**53), 2**53).map(float), st.sampled_from([math.nan, -0.0, 7.0])),
    pa.float32(): st.integers(-(2**24), 2**24).map(float),
    pa.dictionary(pa.int8(), pa.string()): TEXT,
    pa.dictionary(pa.int16(), pa.int64()): INT64,
}
ODD = [
    "7",
    "07",
    "+7",
    "-7",
    "-0",
    "0",
    "\uff17",
    "",
    "a",
    "a\0",
    "true",
    str(2**63 - 1),
    str(2**63),
    "é" + "x" * LONGEST_KEY,
]


@st.composite
def columns(draw: st.DrawFn) -> pa.Array:
    """A column of any type that a categorical feature takes, perhaps a slice of a longer one."""
    found = draw(st.sampled_from(list(VALUES)))
    values = draw(st.lists(st.one_of(st.none(), VALUES[found]), max_size=30))
    array = pa.array(values, found, from_pandas=False)
    return array[draw(st.integers(0, len(array))) :]


def plain(values: list[Any]) -> list[Any]:
    """As a request would have them: JSON knows no NaN."""
    return [None if isinstance(value, float) and math.isnan(value) else value for value in values]


@st.composite
def vocabularies(draw: st.DrawFn, values: list[Any]) -> Vocabulary:
    if draw(st.booleans()):
        return HashVocabulary(draw(st.integers(1, 50)))
    seen = [text for value in values if (text := category_text(value)) is not None]
    return LearnedVocabulary(draw(st.lists(st.sampled_from([*ODD, *seen]), unique=True)))


class TestRows:
    @given(st.data(), columns())
    def test_a_category_gets_the_row_that_a_request_gets(self, data: st.DataObject, array: pa.Array) -> None:
        values = plain(array.to_pylist())
        vocabulary = data.draw(vocabularies(values))
        column = typed(CATEGORY, array)
        assert isinstance(column, Categories)
        expected = encode_categories(categories("x", values), vocabulary)
        np.testing.assert_array_equal(encode_categories(column, vocabulary), expected)

    @given(st.data(), st.sampled_from([pa.int64(), pa.uint64(), pa.string(), pa.bool_()]))
    def test_so_do_the_elements_of_a_list(self, data: st.DataObject, found: pa.DataType) -> None:
        element = st.one_of(st.none(), VALUES[found])
        lists = data.draw(st.lists(st.one_of(st.none(), st.lists(element, max_size=5)), min_size=1, max_size=9))
        first = data.draw(st.integers(0, len(lists) - 1))
        self.compare(pa.array(lists, pa.list_(found))[first:], lists[first:], data)

    @given(st.data(), st.lists(st.one_of(st.none(), st.text(st.sampled_from("a7, \t\u2003é"))), min_size=1))
    def test_so_does_text_that_is_split(self, data: st.DataObject, texts: list[str | None]) -> None:
        self.compare(pa.array(texts, pa.string()), texts, data)

    @staticmethod
    def compare(array: pa.Array, values: list[Any], data: st.DataObject) -> None:
        expected = bags("x", values, ",")
        vocabulary = data.draw(vocabularies(list(expected.values)))
        found = typed(LIST, array)
        assert isinstance(found, Bags)
        rows, expected_rows = (encode_bags(column, vocabulary, 4, 10, 0) for column in (found, expected))
        np.testing.assert_array_equal(rows, expected_rows)

    def test_a_dictionary_that_is_longer_than_the_chunk_is_cut_to_what_occurs(self) -> None:
        array = pa.DictionaryArray.from_arrays([5, None, 2, 5], ["a", "b", "c", None, "e", "f"])
        found = typed(CATEGORY, array)
        assert isinstance(found, Categories)
        assert list(found.values) == ["c", "f"]
        assert found.codes.tolist() == [1, -1, 0, 1]


class TestVocabulary:
    @given(st.lists(columns(), max_size=4), st.integers(1, 3), st.one_of(st.none(), st.integers(1, 5)))
    def test_it_is_what_counting_texts_gives(self, parts: list[pa.Array], least: int, most: int | None) -> None:
        fit = VocabularyFit(LearnedVocabularyConfig(min_count=least, max_size=most))
        counts: Counter[str] = Counter()
        for part in parts:
            column = typed(CATEGORY, part)
            assert isinstance(column, Categories)
            fit.add(column)
            counts.update(text for value in plain(part.to_pylist()) if (text := category_text(value)) is not None)
        kept = sorted((-count, text) for text, count in counts.items() if count >= least)
        expected = [text for _, text in kept][:most]
        assert fit.vocabulary().values == expected
        assert fit.vocabulary().values == expected, "asking changes nothing"

    @pytest.mark.parametrize("made", [lambda n: pa.array(n * 2**40), lambda n: pa.array([f"u{v}" for v in n.tolist()])])
    def test_what_waits_is_merged_on_the_way(self, made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("training.fitting.counts._SMALLEST_MERGE", 50)
        fit, counts = VocabularyFit(LearnedVocabularyConfig(min_count=2)), Counter[str]()
        random = np.random.default_rng(0)
        for _ in range(40):
            part = made(random.geometric(0.05, 60))
            column = typed(CATEGORY, part)
            assert isinstance(column, Categories)
            fit.add(column)
            counts.update(map(str, part.to_pylist()))
            assert max(len(each._parts) for each in (fit._integers, fit._texts)) <= 5
        kept = sorted((-count, text) for text, count in counts.items() if count >= 2)
        assert fit.vocabulary().values == [text for _, text in kept]
