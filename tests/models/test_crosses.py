"""Crosses: joint categories that no text can confuse, computed where the parts are, unknown where not seen."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.columns import Categories, categories
from models.features.crossed import crossed
from models.features.multi_categorical import NUM_LENGTHS
from models.features.vocabulary import MISSING, UNKNOWN
from tests.models.rich import config, encoder
from tests.models.tiny import from_rows

TEXT = st.none() | st.text(st.sampled_from('a|\\"1'), max_size=3)
ROWS = st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=12)
CONFIG, ENCODER = config(), encoder()


def texts(column: Categories) -> list[str | None]:
    return [None if code < 0 else column.values[code] for code in column.codes.tolist()]


def as_log(values: list[str | None]) -> Categories:
    """A column as a log gives it: distinct values and codes."""
    distinct = sorted({value for value in values if value is not None})
    return Categories(distinct, np.array([-1 if v is None else distinct.index(v) for v in values], dtype=np.int64))


def row_of(name: str, **row: Any) -> int:
    """The row within the table of a cross."""
    ids = ENCODER.encode(from_rows(CONFIG, [row]), 1).ids
    return int(ids[0, ENCODER.id_features.index(name)]) - ENCODER.first_row(name)


class TestJointCategories:
    @given(ROWS)
    def test_two_rows_are_equal_only_where_all_parts_are(self, rows: list[tuple[str | None, ...]]) -> None:
        joint = texts(crossed([categories("x", part) for part in zip(*rows, strict=True)])) if rows else []
        for row, text in zip(rows, joint, strict=True):
            assert (text is None) == (None in row)
        for one, text in zip(rows, joint, strict=True):
            for other, other_text in zip(rows, joint, strict=True):
                if text is not None and other_text is not None:
                    assert (text == other_text) == (one == other)

    @given(ROWS)
    def test_a_request_and_a_log_give_the_same_text(self, rows: list[tuple[str | None, ...]]) -> None:
        parts = list(zip(*rows, strict=True)) or [(), ()]
        by_request = crossed([categories("x", part) for part in parts])
        assert texts(by_request) == texts(crossed([as_log(list(part)) for part in parts]))

    def test_a_column_of_one_row_holds_for_all(self) -> None:
        one, many = categories("x", ["u"]), categories("y", ["a", None, "b"])
        assert texts(crossed([one, many])) == ["u|a", None, "u|b"]
        assert texts(crossed([many, one])) == ["a|u", None, "b|u"]
        assert texts(crossed([categories("x", [None]), many])) == [None, None, None]

    def test_only_combinations_that_occur_get_a_code(self) -> None:
        codes = np.arange(1_000) % 7
        values = [str(n) for n in range(100_000)]
        column = crossed([Categories(values, codes), Categories(values, codes), Categories(values, codes)])
        assert sorted(column.values) == [f"{n}|{n}|{n}" for n in range(7)]


class TestInTheEncoder:
    def test_known_unknown_and_missing(self) -> None:
        assert row_of("user_tab", user="u1", tab="home") == 2
        assert row_of("user_tab", user="u|3", tab="\\|") == 3
        assert row_of("user_tab", user="u2", tab="home") == UNKNOWN
        assert row_of("user_tab", user="new", tab="home") == UNKNOWN
        assert row_of("user_tab", user="u1") == MISSING
        assert row_of("user_tab") == MISSING
        assert row_of("all", user="u2", tab="home", item=7) == 3

    def test_a_hash_is_never_unknown(self) -> None:
        assert row_of("user_item", user="new", item="never") > UNKNOWN
        assert row_of("user_item", user="new") == MISSING

    def test_crosses_of_the_context_are_joined_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rows: list[int] = []

        def counting(columns: list[Categories]) -> Categories:
            found = crossed(columns)
            rows.append(len(found))
            return found

        monkeypatch.setattr("models.block.crossed", counting)
        context = from_rows(CONFIG, [{"user": "u1", "tab": "home"}])
        asked = {name: context[name] for name in ("user", "tab")}
        items = from_rows(CONFIG, [{"item": item} for item in ("a", "new", None, "b")])
        ids = ENCODER.encode({"item": items["item"]}, 4, asked).ids
        assert rows == [1, 4, 4]
        tables = {
            name: ids[:, ENCODER.id_features.index(name)] - ENCODER.first_row(name) for name in ("user_tab", "all")
        }
        assert tables["user_tab"].tolist() == [2, 2, 2, 2]
        assert tables["all"].tolist() == [2, UNKNOWN, MISSING, UNKNOWN]

    def test_tables_lie_after_those_of_the_features(self) -> None:
        assert ENCODER.id_features[-3:] == ["user_tab", "user_item", "all"]
        first = [ENCODER.first_row(name) for name in ("user_tab", "user_item", "all")]
        assert first == [first[0], first[0] + 4, first[0] + 13]
        assert first[0] + 17 + NUM_LENGTHS == ENCODER.num_rows  # one list tells its length
        batch = ENCODER.encode({}, 2)
        assert torch.equal(batch.ids[0], batch.ids[1])
