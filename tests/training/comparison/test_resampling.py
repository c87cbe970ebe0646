"""Draws of rows and of groups."""

import numpy as np
import pandas as pd
import pytest

from training.comparison import resampling
from training.comparison.resampling import NUM_RESAMPLES, Draws, sampled


def mean(label: np.ndarray, predicted: list[np.ndarray]) -> float:
    return float(label.mean())


def test_the_spread_over_draws_is_the_standard_error() -> None:
    label = np.random.default_rng(0).normal(0, 1, 2_000)
    found = sampled(mean, label, [], Draws(None, len(label)))
    assert found.value == pytest.approx(label.mean())
    assert np.std(found.resamples) == pytest.approx(1 / np.sqrt(2_000), rel=0.25)


def test_rows_of_one_group_are_drawn_together() -> None:
    groups = pd.Series([f"user {number}" for number in np.repeat(np.arange(50), 4)])
    for rows in Draws(groups, 200):
        assert len(rows) == 200
        assert set(np.unique(rows // 4, return_counts=True)[1] % 4) == {0}


def test_a_group_that_goes_together_is_worth_one_row() -> None:
    """A hundred users with twenty equal rows each are a hundred rows of evidence, not two thousand."""
    label = np.repeat(np.random.default_rng(0).normal(0, 1, 100), 20)
    groups = pd.Series(np.repeat(np.arange(100), 20))
    by_group = sampled(mean, label, [], Draws(groups, len(label)))
    by_row = sampled(mean, label, [], Draws(None, len(label)))
    assert np.std(by_group.resamples) == pytest.approx(np.sqrt(20) * np.std(by_row.resamples), rel=0.3)


def test_missing_groups_are_groups_of_their_own() -> None:
    groups = pd.Series([*np.arange(40), *[None] * 100])
    sizes = {len(rows) for rows in Draws(groups, 140)}
    assert sizes == {140}


def test_a_large_window_is_drawn_in_part_and_its_spread_scaled(monkeypatch: pytest.MonkeyPatch) -> None:
    label = np.random.default_rng(0).normal(0, 1, 8_000)
    whole = sampled(mean, label, [], Draws(None, len(label)))
    monkeypatch.setattr(resampling, "MAX_ROWS", 500)
    part = sampled(mean, label, [], Draws(None, len(label)))
    assert part.shrink == pytest.approx(0.25)
    assert part.shrink * np.std(part.resamples) == pytest.approx(np.std(whole.resamples), rel=0.3)


def test_the_same_rows_are_drawn_each_time() -> None:
    groups = pd.Series(np.arange(100) // 2)
    one, two = list(Draws(groups, 100)), list(Draws(groups, 100))
    assert len(one) == NUM_RESAMPLES
    assert all((a == b).all() for a, b in zip(one, two, strict=True))


def test_a_handful_of_groups_says_nothing_so_rows_are_drawn() -> None:
    rows = next(iter(Draws(pd.Series(np.zeros(90)), 90)))
    assert len(np.unique(rows)) < 90
