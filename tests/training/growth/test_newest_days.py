"""The newest day of each value, however values come."""

from collections.abc import Sequence

import numpy as np
import pytest

from models.distinct import Integers, Texts
from training.growth import newest_days
from training.growth.newest_days import NEVER, NewestDays


@pytest.mark.parametrize("most_waiting", [1, 1_000_000])
def test_numbers_and_text_of_the_same_spelling_are_one_value(
    most_waiting: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newest_days, "_SMALLEST_MERGE", most_waiting)
    newest = NewestDays()
    chunks: list[tuple[Sequence[str], list[int]]] = [
        (["7", "a"], [3, 5]),
        (Integers(np.array([7, -1])), [9, 2]),
        (Texts.of(["a", "", "7"]), [4, 1, 8]),
        (Integers(np.array([-1, 12])), [6, NEVER]),
        (["a", "a"], [7, 6]),
    ]
    for values, days in chunks:
        newest.add(values, np.array(days, dtype=np.int32))
    assert newest.of(["7", "a", "", "-1", "12", "b"]).tolist() == [9, 7, 1, 6, NEVER, NEVER]


def test_nothing_was_seen_of_nothing() -> None:
    assert NewestDays().of(["a"]).tolist() == [NEVER]
    assert NewestDays().of([]).tolist() == []
