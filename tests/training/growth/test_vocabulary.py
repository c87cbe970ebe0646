"""How a vocabulary grows."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.errors import ConfigError
from models.features.vocabulary import LearnedVocabulary, LearnedVocabularyConfig
from training.growth.vocabulary import grown

VALUES = st.lists(st.sampled_from("abcdefghijklmnop"), unique=True)


def after(old: list[str], found: list[str], stale: str = "", max_size: int | None = None) -> list[str]:
    config = LearnedVocabularyConfig(max_size=max_size)

    def are_stale(values: Sequence[str]) -> NDArray[np.bool_]:
        return np.array([value in stale for value in values], dtype=bool)

    return grown("user", LearnedVocabulary(old), found, config, are_stale).values


@given(VALUES, VALUES, st.sets(st.sampled_from("abcdefghijklmnop")))
def test_it_holds_what_is_not_stale_old_before_new(old: list[str], found: list[str], stale: set[str]) -> None:
    values = after(old, found, "".join(stale))
    kept = [value for value in old if value not in stale]
    new = [value for value in found if value not in old and value not in stale]
    assert values == kept + new


@given(VALUES, VALUES, VALUES)
def test_growing_twice_holds_what_growing_by_both_holds(old: list[str], first: list[str], second: list[str]) -> None:
    assert after(after(old, first), second) == after(old, list(dict.fromkeys([*first, *second])))


def test_new_ids_take_the_room_there_is_the_most_frequent_first() -> None:
    assert after(["a", "b"], ["x", "a", "y", "z"], max_size=4) == ["a", "b", "x", "y"]
    assert after(["a", "b"], ["x"], max_size=2) == ["a", "b"]


def test_dropped_ids_make_room() -> None:
    assert after(["a", "b"], ["x", "y"], stale="a", max_size=2) == ["b", "x"]


def test_a_limit_below_what_is_held_is_refused() -> None:
    with pytest.raises(ConfigError, match="'user' has max_size = 2 and 3 ids from its parent: raise it"):
        after(["a", "b", "c"], [], max_size=2)
