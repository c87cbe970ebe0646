"""Bins: each value in exactly one, heavy values for themselves, and predictions never in narrow ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.heads import BinaryStatistics, RegressionStatistics
from models.reference import bin_counts, psi
from models.reference.bins import quantile_edges
from models.reference.prediction_bins import NARROWEST, NUM_BINS, bins_of_task

CLICK = BinaryStatistics(num_observed=9, rate=0.1)
RATING = RegressionStatistics(num_observed=9, mean=0.0, standard_deviation=2.0, min=-9, max=9)
FLOATS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


@given(values=FLOATS, num_missing=st.integers(0, 5))
def test_every_value_is_in_one_bin_and_what_is_missing_in_none(values: list[float], num_missing: int) -> None:
    edges = quantile_edges(np.array(values), 10)
    assert list(edges) == sorted(set(edges))
    assert bin_counts(edges, np.array(values + [np.nan] * num_missing)).sum() == len(values)


def test_bins_of_a_spread_number_hold_about_the_same() -> None:
    values = np.random.default_rng(0).normal(size=5_000)
    counts = bin_counts(quantile_edges(values, 10), values)
    assert len(counts) == 10
    assert counts.min() > 450


@pytest.mark.parametrize("share_of_zeros", [1.0, 0.99, 0.6])
def test_a_value_that_is_nearly_always_there_has_a_bin_for_itself(share_of_zeros: float) -> None:
    """So a number that was always 0 is seen to move when it is filled."""
    random = np.random.default_rng(0)
    values = np.where(random.random(2_000) < share_of_zeros, 0.0, random.exponential(size=2_000))
    edges = quantile_edges(values, 10)
    before, after = bin_counts(edges, values), bin_counts(edges, values + 0.5)
    assert (values == 0).sum() in before
    assert psi((before / before.sum()).tolist(), after) > 1


def test_no_values_have_one_bin() -> None:
    assert quantile_edges(np.empty(0), 10) == ()
    assert bins_of_task(np.empty(0), CLICK) == ()


@pytest.mark.parametrize("spread", [0.001, 0.1, 1.0])
def test_a_small_change_of_level_moves_predictions_a_little_however_narrow_they_are(spread: float) -> None:
    values = 0.05 * np.exp(np.random.default_rng(0).normal(0, spread, 5_000))
    edges = bins_of_task(values, CLICK)
    assert len(edges) < NUM_BINS
    assert np.diff(np.log(edges)).min() >= NARROWEST - 1e-9
    before = bin_counts(edges, values)
    assert psi((before / before.sum()).tolist(), bin_counts(edges, values * 1.03)) < 0.05


def test_predictions_below_zero_have_bins_in_units_of_the_label() -> None:
    values = np.random.default_rng(0).normal(0, 3, 5_000)
    edges = bins_of_task(values, RATING)
    assert np.diff(edges).min() >= NARROWEST * RATING.standard_deviation - 1e-9
    assert min(edges) < 0 < max(edges)
