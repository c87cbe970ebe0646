"""Lists of ids as padded table rows, against a plain Python implementation."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.columns import Bags, bags
from models.features.multi_categorical import encode_bags
from models.features.vocabulary import UNKNOWN, LearnedVocabulary

PADDING, OFFSET = 0, 100
VOCABULARY = LearnedVocabulary(["a", "b", "c"])
LISTS = st.lists(st.none() | st.lists(st.sampled_from(["a", "b", "c", "new", None]), max_size=9), max_size=9)


def naive(lists: list[list[str | None] | None], max_length: int) -> list[list[int]]:
    """Rows of the kept ends, padded to the longest."""
    row_of = {"a": 2, "b": 3, "c": 4}
    ends = [[OFFSET + row_of.get(e, UNKNOWN) for e in row or [] if e is not None][-max_length:] for row in lists]
    length = max([1, *map(len, ends)])
    return [row + [PADDING] * (length - len(row)) for row in ends]


def with_missing_codes(lists: list[list[str | None] | None]) -> Bags:
    """The same lists as a log gives them: few distinct values, and -1 for a null element."""
    distinct = ["c", "new", "a", "b"]
    flat = [-1 if e is None else distinct.index(e) for row in lists for e in row or []]
    offsets = np.cumsum([0, *(len(row or []) for row in lists)])
    return Bags(distinct, np.array(flat, dtype=np.int64), offsets.astype(np.int64))


@given(LISTS, st.integers(1, 12))
def test_agrees_with_plain_python(lists: list[list[str | None] | None], max_length: int) -> None:
    for column in (bags("tags", lists), with_missing_codes(lists)):
        encoded = encode_bags(column, VOCABULARY, max_length, OFFSET, PADDING)
        assert encoded.dtype == np.int64
        assert encoded.tolist() == naive(lists, max_length)


def test_a_long_list_keeps_its_end() -> None:
    column = bags("history", [["a", "a", "b", "c"], ["a"]])
    assert encode_bags(column, VOCABULARY, 2, 0, PADDING).tolist() == [[3, 4], [2, PADDING]]


def test_missing_elements_take_no_place_in_a_cut_list() -> None:
    column = with_missing_codes([["a", "b", None, None]])
    assert encode_bags(column, VOCABULARY, 2, 0, PADDING).tolist() == [[2, 3]]


def test_no_rows_and_only_empty_rows() -> None:
    assert encode_bags(bags("tags", []), VOCABULARY, 3, 0, PADDING).shape == (0, 1)
    assert encode_bags(bags("tags", [[], None]), VOCABULARY, 3, 0, PADDING).tolist() == [[PADDING], [PADDING]]
