"""PSI: zero for the same shares, the same in both directions, and free of what chance shows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.reference import psi
from models.reference.psi import SMALLEST_SHARE, psi_by_chance

COUNTS = st.lists(st.integers(0, 1_000), min_size=2, max_size=12).filter(lambda counts: sum(counts) > 0)


def shares(counts: list[int]) -> list[float]:
    return [count / sum(counts) for count in counts]


@given(counts=COUNTS, times=st.integers(1, 50))
def test_the_same_shares_are_zero_apart_whatever_the_number_of_rows(counts: list[int], times: int) -> None:
    assert psi(shares(counts), [times * count for count in counts]) == pytest.approx(0, abs=1e-12)


@given(one=COUNTS, other=COUNTS)
def test_neither_side_is_the_first_and_nothing_is_infinite(one: list[int], other: list[int]) -> None:
    size = min(len(one), len(other))
    one, other = [1 + each for each in one[:size]], other[:size]
    if sum(other):
        there, back = psi(shares(one), other), psi(shares(other), one)
        assert there == pytest.approx(back)
        assert 0 <= there < 2 * np.log(1 / SMALLEST_SHARE)


def test_it_is_the_sum_that_the_formula_says() -> None:
    assert psi([0.5, 0.5], [30, 10]) == pytest.approx(0.25 * np.log(1.5) + (-0.25) * np.log(0.5))


def test_no_rows_are_no_move() -> None:
    assert psi([0.5, 0.5], [0, 0]) == 0.0


def test_what_chance_shows_is_taken_off() -> None:
    """On average over samples of one distribution, what is left is a small part of what was there."""
    random = np.random.default_rng(0)
    expected, left, shown = np.full(10, 0.1), [], []
    for _ in range(400):
        before, now = (random.multinomial(rows, expected) for rows in (2_000, 500))
        shown.append(psi((before / 2_000).tolist(), now))
        left.append(shown[-1] - psi_by_chance(10, 2_000, 500))
    assert abs(np.mean(left)) < 0.1 * np.mean(shown)
    assert psi_by_chance(10, 0, 500) == pytest.approx(9 / 500)
