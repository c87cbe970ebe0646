"""The window over predictions counts as one value at a time would, and forgets what is old."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.reference import bin_counts
from service.distributions.window import BUCKET_S, NUM_BUCKETS, PredictionWindow

EDGES = [np.array([0.1, 0.5, 0.9], np.float32), np.array([], np.float32), np.array([-2.0], np.float32)]
values = st.floats(-3, 3, width=32) | st.sampled_from([0.1, 0.5, 0.9, -2.0]).map(lambda edge: float(np.float32(edge)))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.lists(st.tuples(values, values, values), min_size=1, max_size=9), max_size=4))
def test_rows_fall_into_the_bins_of_the_reference(answers: list[list[tuple[float, float, float]]]) -> None:
    window = PredictionWindow(EDGES)
    for answer in answers:
        window.take(np.array(answer, np.float32))
    counts, sums = window.totals()
    rows = np.array([row for answer in answers for row in answer], np.float32).reshape(-1, 3)
    for field, edges in enumerate(EDGES):
        expected = bin_counts(edges.tolist(), rows[:, field])
        assert counts[field, : len(edges) + 1].tolist() == expected.tolist()
        assert counts[field, len(edges) + 1 :].sum() == 0
        assert sums[field] == pytest.approx(rows[:, field].astype(np.float64).sum(), abs=1e-5)


def test_rows_leave_the_window_with_their_bucket() -> None:
    clock = Clock()
    window = PredictionWindow([EDGES[0]], clock)
    for _ in range(NUM_BUCKETS):
        window.take(np.array([[0.3]], np.float32))
        clock.now += BUCKET_S
    assert window.totals()[0].sum() == NUM_BUCKETS - 1
    clock.now += 3 * BUCKET_S
    assert window.totals()[0].sum() == NUM_BUCKETS - 4
    clock.now += 10 * NUM_BUCKETS * BUCKET_S
    counts, sums = window.totals()
    assert counts.sum() == sums.sum() == 0
    window.take(np.array([[0.3]], np.float32))
    assert window.totals()[0].tolist() == [[0, 1, 0, 0]]
