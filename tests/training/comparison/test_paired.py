"""An interval over seeds and rows, and the word that it allows."""

import numpy as np
import pytest
from scipy.stats import ttest_rel

from training.comparison.paired import Difference, difference
from training.comparison.resampling import NUM_RESAMPLES, Sampled


def by_seed(values: list[float], draws: np.ndarray | None = None, shrink: float = 1.0) -> dict[int, Sampled]:
    """A model's numbers; on drawn rows each is moved by the draw."""
    draws = np.zeros(NUM_RESAMPLES) if draws is None else draws
    return {
        seed: Sampled(value=value, resamples=tuple((value + draws).tolist()), shrink=shrink)
        for seed, value in enumerate(values)
    }


def test_the_interval_over_seeds_is_that_of_the_paired_t_test() -> None:
    one, two = [0.90, 0.93, 0.91, 0.95], [0.94, 0.95, 0.93, 0.99]
    found = difference(by_seed(one), by_seed(two), "lower")
    low, high = ttest_rel(one, two).confidence_interval()
    assert found.interval == pytest.approx((low, high))
    assert found.verdict == "better"


def test_rows_widen_the_interval_until_no_word_is_left() -> None:
    """The same difference with the same seeds: what other rows would change takes the verdict away."""
    draws = np.random.default_rng(1).normal(0, 0.03, NUM_RESAMPLES)
    one, two = [0.90, 0.93, 0.91, 0.95], [0.94, 0.95, 0.93, 0.99]
    found = difference(by_seed(one, draws), by_seed(two), "lower")
    assert found.rows_half_width == pytest.approx(1.96 * np.std(draws, ddof=1), rel=1e-4)
    assert found.half_width == pytest.approx(np.hypot(found.seeds_half_width, found.rows_half_width))
    assert found.verdict == "no difference shown"


def test_what_moves_both_models_alike_moves_no_difference() -> None:
    """Hard rows are hard for all: the draws are paired."""
    draws = np.random.default_rng(1).normal(0, 0.3, NUM_RESAMPLES)
    found = difference(by_seed([0.9, 0.9, 0.9], draws), by_seed([0.95, 0.95, 0.95], draws), "lower")
    assert found.half_width == pytest.approx(0, abs=1e-12)
    assert found.verdict == "better"


def test_fewer_drawn_rows_are_taken_back() -> None:
    draws = np.random.default_rng(1).normal(0, 0.3, NUM_RESAMPLES)
    whole = difference(by_seed([0.9] * 3, draws), by_seed([0.9] * 3), "lower")
    part = difference(by_seed([0.9] * 3, draws, shrink=0.1), by_seed([0.9] * 3), "lower")
    assert part.rows_half_width == pytest.approx(0.1 * whole.rows_half_width)


@pytest.mark.parametrize(("goal", "verdict"), [("lower", "worse"), ("higher", "better")])
def test_the_goal_decides_which_way_is_better(goal: str, verdict: str) -> None:
    found = difference(by_seed([0.95, 0.95, 0.951]), by_seed([0.9, 0.9, 0.9]), goal)
    assert found.verdict == verdict


def test_turning_it_around_turns_the_word_around() -> None:
    one, two = by_seed([0.9, 0.91, 0.9]), by_seed([0.95, 0.95, 0.96])
    there, back = difference(one, two, "lower"), difference(two, one, "lower")
    assert there.mean == pytest.approx(-back.mean)
    assert there.half_width == pytest.approx(back.half_width)
    assert (there.verdict, back.verdict) == ("better", "worse")


@pytest.mark.parametrize("num_seeds", [1, 2])
def test_fewer_than_three_seeds_allow_no_word(num_seeds: int) -> None:
    found = difference(by_seed([0.1] * num_seeds), by_seed([0.9] * num_seeds), "lower")
    assert found.verdict == "too few seeds to say"
    assert found.mean == pytest.approx(-0.8)


def test_only_seeds_that_both_have_are_paired() -> None:
    one, two = by_seed([0.1, 0.2, 0.3, 0.4]), by_seed([0.2, 0.3, 0.4, 0.5])
    del one[0], two[3]
    found = difference(one, two, "lower")
    assert (found.num_seeds, found.verdict) == (2, "too few seeds to say")
    assert found.mean == pytest.approx(-0.1)


def test_without_numbers_there_is_nothing_to_compare() -> None:
    nothing = Difference(0, None, None, None, None, "nothing to compare")
    assert difference({}, by_seed([0.9]), "lower") == nothing
    undecided = {0: Sampled(value=None, resamples=(None,) * NUM_RESAMPLES, shrink=1)}
    assert difference(undecided, by_seed([0.9]), "lower") == nothing


def test_draws_without_a_value_take_the_word_away() -> None:
    """A conversion seen twice in the test window is absent from most draws: no interval, no verdict."""
    few = {seed: Sampled(value=0.5, resamples=(0.5,) * 5 + (None,) * 95, shrink=1) for seed in range(3)}
    assert difference(few, by_seed([0.9] * 3), "lower").verdict == "too few rows to say"


def test_equal_models_are_called_different_about_one_time_in_twenty() -> None:
    """Both parts of the interval are needed: seeds and rows move the values of two equal models."""
    random = np.random.default_rng(3)
    spoken = 0
    for _ in range(400):
        shift = random.normal(0, 0.02)  # what this test window does to the difference of these two kinds of model
        draws = random.normal(0, 0.02, NUM_RESAMPLES)
        one = by_seed((0.9 + shift + random.normal(0, 0.01, 5)).tolist(), draws)
        two = by_seed((0.9 + random.normal(0, 0.01, 5)).tolist())
        spoken += difference(one, two, "lower").verdict in ("better", "worse")
    assert spoken / 400 < 0.07
