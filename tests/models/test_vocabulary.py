"""From categories to rows: reserved rows first, and the same row everywhere and always."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.columns import categories
from models.features.categorical import encode_categories
from models.features.vocabulary import MISSING, NUM_RESERVED, UNKNOWN, HashVocabulary, LearnedVocabulary

KNOWN_HASHES = {"a": 930, "": 758, "7": 257, "🇨🇭": 993}
"""Rows in a table of 1,000 buckets. They never change: a checkpoint trained with them serves for years."""


class TestLearned:
    def test_rows_follow_the_reserved_ones_in_order(self) -> None:
        vocabulary = LearnedVocabulary(["x", "y"])
        assert vocabulary.num_rows == 4
        assert vocabulary.lookup(["y", "x", "z", ""]).tolist() == [3, 2, UNKNOWN, UNKNOWN]

    def test_missing_is_not_unknown_and_not_empty_text(self) -> None:
        column = categories("item", [None, "new", "x", ""])
        rows = encode_categories(column, LearnedVocabulary(["x", ""]))
        assert rows.tolist() == [MISSING, UNKNOWN, 2, 3]

    def test_an_empty_vocabulary_knows_nothing(self) -> None:
        assert encode_categories(categories("item", ["a", None]), LearnedVocabulary([])).tolist() == [UNKNOWN, MISSING]


class TestHash:
    def test_known_values(self) -> None:
        found = dict(zip(KNOWN_HASHES, HashVocabulary(1_000).lookup(list(KNOWN_HASHES)).tolist(), strict=True))
        assert found == KNOWN_HASHES

    def test_how_many_are_remembered_changes_no_row(self) -> None:
        values = [str(number % 50) for number in range(200)]
        vocabulary = HashVocabulary(1_000)
        expected = vocabulary.lookup(values).tolist()
        vocabulary.remember(3)
        assert vocabulary.lookup(values).tolist() == expected

    @pytest.mark.parametrize("hash_seed", ["1", "2"])
    def test_the_same_in_every_process(self, hash_seed: str) -> None:
        code = "from models.features.vocabulary import HashVocabulary as H;import sys;"
        code += "sys.stdout.write(str(H(1000).lookup(['a', '7']).tolist()))"
        environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)}
        answer = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        ).stdout
        assert answer == str([KNOWN_HASHES["a"], KNOWN_HASHES["7"]])

    @given(st.lists(st.text(st.characters(codec=None)), max_size=9), st.integers(1, 50))
    def test_rows_lie_in_the_table_and_are_never_reserved(self, values: list[str], num_buckets: int) -> None:
        vocabulary = HashVocabulary(num_buckets)
        rows = vocabulary.lookup(values)
        assert all(NUM_RESERVED <= row < vocabulary.num_rows for row in rows)

    def test_what_is_remembered_changes_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("models.features.vocabulary._HASHES_KEPT", 3)
        vocabulary = HashVocabulary(1_000)
        for _ in range(2):
            assert vocabulary.lookup(list(KNOWN_HASHES)).tolist() == list(KNOWN_HASHES.values())

    def test_half_of_a_surrogate_pair_is_a_category_like_any_other(self) -> None:
        assert HashVocabulary(9).lookup(["\ud83c"]) >= NUM_RESERVED

    def test_buckets_are_used_evenly(self) -> None:
        rows = HashVocabulary(10).lookup([str(number) for number in range(10_000)])
        counts = [int((rows == row).sum()) for row in range(NUM_RESERVED, 12)]
        assert min(counts) > 900
        assert max(counts) < 1_100
