"""The best k rows are the first k of a stable sort of all, in whatever way they are found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.ranking import best, order

finite = st.floats(-1e6, 1e6, width=32)


def sorted_by_python(scores: np.ndarray) -> list[int]:
    return sorted(range(len(scores)), key=lambda row: -float(scores[row]))  # Python's sort is stable


@pytest.mark.parametrize("sorted_whole", [0, 10_000])
@given(
    scores=st.one_of(
        hnp.arrays(np.float32, st.integers(1, 60), elements=finite),
        hnp.arrays(np.float32, st.integers(1, 60), elements=st.sampled_from([0.0, -0.0, 1.0, 2.0])),
    ),
    k=st.integers(1, 70),
)
def test_the_first_of_a_stable_sort(sorted_whole: int, scores: np.ndarray, k: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "SORTED_WHOLE", sorted_whole)
        assert best(scores, k).tolist() == sorted_by_python(scores)[:k]


@pytest.mark.parametrize("k", [1, 10, 4_999, 5_000, 9_000])
def test_many_rows_with_many_ties(k: int) -> None:
    scores = np.random.default_rng(0).integers(0, 50, 5_000).astype(np.float32)
    assert best(scores, k).tolist() == sorted_by_python(scores)[:k]
