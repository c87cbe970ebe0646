"""Ids that are found all at once have the rows that a dictionary of their texts gives them, however they are sent."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.columns import Columns, SentCategories, categories
from models.features import sent_rows
from models.features.cuckoo import CuckooTable, NoPlaceError, SideBySide
from models.features.sent_columns import SentColumns
from models.features.vocabulary import MISSING, NUM_RESERVED, UNKNOWN, LearnedVocabulary

TEXTS = ["", "7", "07", "-1", "-2", "true", "True", "0", "-0", "1", str(2**53 + 1), str(2**63), "\ud83c", "None", "é"]
WHOLE = [7, 0, 1, -1, -2, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1]
TEXT = st.sampled_from(TEXTS) | st.text(st.characters(codec=None), max_size=3)
NUMBER = st.sampled_from(WHOLE) | st.integers(-9, 9)
COLUMN = (
    st.lists(TEXT, min_size=1, max_size=6)
    | st.lists(NUMBER, min_size=1, max_size=6)
    | st.lists(st.none() | TEXT | NUMBER | st.booleans() | st.sampled_from([7.0, -0.0, 2.0**53]), max_size=6)
)
CATEGORIES = st.lists(TEXT | NUMBER.map(str), unique=True, max_size=12)
GIVEN = st.dictionaries(st.sampled_from("abcd"), COLUMN)


def expected(held: Sequence[str], column: SentCategories) -> list[int]:
    row_of = {text: row for row, text in enumerate(held, NUM_RESERVED)}
    return [MISSING if value is None else row_of.get(str(value), UNKNOWN) for value in column.sent]


def asked(columns: dict[str, list[Any]]) -> Columns:
    return {name: categories(name, values) for name, values in columns.items()}


@given(CATEGORIES, CATEGORIES, GIVEN)
@example(TEXTS, [], {"a": [*WHOLE], "b": [7, None, "7", 7.0, True, "07"], "c": [-1, -2], "d": [None]})
@example(TEXTS, ["7"], {"a": [7, 2**63], "b": [7], "c": [7, None], "d": ["7", 7]})
def test_rows_are_those_of_a_dictionary(one: list[str], other: list[str], columns: dict[str, list[Any]]) -> None:
    first, second = LearnedVocabulary(one), LearnedVocabulary(other)
    held = {"a": first, "b": second, "c": first}
    sent = asked(columns)
    found = SentColumns(held).find(sent)
    assert found.keys() == {name for name, values in columns.items() if name in held and values}
    for name, rows in found.items():
        column = sent[name]
        assert isinstance(column, SentCategories)
        assert rows.tolist() == held[name].lookup_sent(column.sent).tolist() == expected(held[name].values, column)


@pytest.mark.parametrize("hashes", [lambda value: 5, lambda value: 5 if value in ("a", "b") else hash(value)])
def test_texts_of_one_hash_are_told_apart(hashes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent_rows, "hash", hashes, raising=False)
    held = {"a": LearnedVocabulary(["a", "b", "7"]), "b": LearnedVocabulary(["b", "c"])}
    sent = asked({"a": ["b", None, 7, "7", "new", "a"], "b": ["b", "new"]})
    found = SentColumns(held).find(sent)
    assert not isinstance(held["a"].sent_rows, sent_rows.SentRows)
    assert found["a"].tolist() == [3, MISSING, 4, 4, UNKNOWN, 2]
    assert held["a"].lookup_sent(["a", 7]).tolist() == [2, 4]
    if isinstance(held["b"].sent_rows, sent_rows.SentRows):
        assert found["b"].tolist() == [2, UNKNOWN]


@pytest.mark.parametrize("number", [0, 1, 2, 7, 1_000, 50_000])
def test_every_key_finds_its_place(number: int) -> None:
    held, others = np.random.default_rng(number).integers(2**64, size=(2, number), dtype=np.uint64)
    table = CuckooTable(held, np.arange(len(held)) + NUM_RESERVED, UNKNOWN)
    beside = CuckooTable(others, np.arange(len(others)) + NUM_RESERVED, UNKNOWN)
    rows = np.arange(len(held)) + NUM_RESERVED
    for _ in range(2):
        assert table.find(held).tolist() == rows.tolist()
        assert (table.find(others) == UNKNOWN).all()
        assert (beside.find(held) == UNKNOWN).all()
        SideBySide([table, beside])  # which moves the entries of both


def test_two_equal_keys_are_refused() -> None:
    with pytest.raises(NoPlaceError):
        CuckooTable(np.array([3, 4, 3], np.uint64), np.arange(3), UNKNOWN)


def test_keys_that_want_the_same_slots_are_refused_and_not_waited_for() -> None:
    with pytest.raises(NoPlaceError):
        CuckooTable(np.arange(9, dtype=np.uint64), np.arange(9), UNKNOWN)


def test_tables_side_by_side_are_held_once() -> None:
    vocabulary = LearnedVocabulary(["a"])
    columns = SentColumns({"a": vocabulary})
    columns.prepare()
    rows = vocabulary.sent_rows
    assert isinstance(rows, sent_rows.SentRows)
    prepared = rows.texts.entries
    assert np.shares_memory(prepared, rows.numbers.entries.base)
    assert columns.find(asked({"a": ["a"]}))["a"].tolist() == [NUM_RESERVED]
    assert rows.texts.entries is prepared


def test_without_a_learned_vocabulary_there_is_nothing_to_prepare() -> None:
    columns = SentColumns({})
    columns.prepare()
    assert columns.find(asked({"hashed": ["a", "b"]})) == {}
