"""The table over arrays answers what a dictionary of the same keys answers, however its slots collide."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.distinct import Integers, Texts
from models.features.known_rows import TextRows, integer_keys, integer_rows
from models.features.row_table import RowTable

NUMBERS = st.lists(st.integers(-(2**63), 2**63 - 1), unique=True, max_size=40)
ANY_TEXT = st.text(st.characters(codec=None))


def keys(numbers: list[int]) -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
    return integer_keys(Integers(np.array(numbers, dtype=np.int64)))


@given(NUMBERS, NUMBERS)
def test_numbers(held: list[int], wanted: list[int]) -> None:
    table = RowTable(keys(held), np.arange(len(held)) + 5)
    row_of = {number: row for row, number in enumerate(held, 5)}
    wanted = [*wanted, *held[::2]]
    assert table.find(keys(wanted), -1).tolist() == [row_of.get(number, -1) for number in wanted]


@pytest.mark.parametrize("num_slots", [1, 3])
def test_keys_that_all_want_the_same_slots(num_slots: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RowTable, "_first_slots", lambda self, k: k[:, 0].astype(np.int64) % num_slots)
    held = list(range(0, 60, 2))
    table = RowTable(keys(held), np.array(held))
    assert table.find(keys(list(range(60))), -1).tolist() == [n if n % 2 == 0 else -1 for n in range(60)]


@given(st.lists(ANY_TEXT, unique=True, max_size=20), st.lists(ANY_TEXT, max_size=20))
def test_texts(held: list[str], wanted: list[str]) -> None:
    row_of = {text: row for row, text in enumerate(held, 2)}
    wanted = [*wanted, *held]
    found = TextRows(held, 2).find(Texts.of(wanted), 1)
    assert found.tolist() == [row_of.get(text, 1) for text in wanted]


@given(st.lists(ANY_TEXT, max_size=9))
def test_texts_survive_as_bytes(texts: list[str]) -> None:
    made = Texts.of(texts)
    assert list(made) == texts
    assert len(made) == len(texts)
    assert made[:2] == texts[:2]


def test_only_the_text_of_a_number_stands_for_it() -> None:
    texts = ["17", "017", "+17", "1_7", " 17", "\uff11\uff17", "-17", "-0", "0", str(2**63), str(-(2**63)), "9" * 5_000]
    numbers = [17, -17, 0, -(2**63), 2**63 - 1]
    assert integer_rows(texts, 2).find(keys(numbers), 1).tolist() == [2, 8, 10, 12, 1]
