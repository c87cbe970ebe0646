"""Searches that find what is there to be found, try nothing twice, and choose by validation scores alone."""

import math
from collections.abc import Mapping

import pytest

from training.comparison.tuning import FIRST_RATES, RATE, RATES, num_trials, search_rate, search_weights

TASKS = ["click", "dwell", "conversion"]


def distance(weights: Mapping[str, float], best: Mapping[str, float]) -> float:
    return sum(abs(math.log(weights[task] / best[task])) for task in best)


def test_weights_begin_equal_and_where_the_weighting_ended_and_end_no_worse_than_either() -> None:
    best = {"click": 0.2, "dwell": 1.0, "conversion": 5.0}
    found = search_weights(TASKS, {"click": 0.5, "dwell": 0.5, "conversion": 0.6}, lambda _, w: distance(w, best))
    assert [trial.what for trial in found.trials][:2] == ["equal", "where the configured weighting ended"]
    assert found.chosen is not None
    assert found.chosen.score == min(trial.score for trial in found.trials)
    assert found.chosen.score < found.trials[0].score


def test_only_ratios_matter_so_no_vector_is_tried_twice() -> None:
    tried = []
    found = search_weights(["click", "dwell"], {"click": 2.0, "dwell": 2.0}, lambda what, w: tried.append(w) or 1.0)
    assert len(found.trials) == len(tried) == 3  # equal, three to one, one to three
    assert all(math.prod(weights.values()) == pytest.approx(1) for weights in tried)


def test_the_number_of_trials_is_what_is_announced() -> None:
    weights = search_weights(TASKS, dict.fromkeys(TASKS, 0.5) | {"click": 0.3}, lambda *_: 1.0)
    rates = search_rate(lambda _, values: abs(math.log(values[RATE] / 0.01)))
    assert len(weights.trials) + len(rates.trials) <= num_trials(3)


def test_a_failed_trial_is_kept_and_never_chosen() -> None:
    found = search_rate(lambda _, values: None if values[RATE] > 0.005 else -values[RATE])
    assert found.chosen is not None
    assert found.chosen.values == {RATE: 3e-3}
    assert [trial.score for trial in found.trials].count(None) == 3


def test_nothing_is_chosen_where_everything_failed() -> None:
    assert search_rate(lambda *_: None).chosen is None
    assert search_weights(TASKS, None, lambda *_: None).chosen is None


@pytest.mark.parametrize(("best", "expected"), [(1e-4, 1e-4), (0.3, 0.3), (0.01, 0.01), (1e-9, 3e-5), (10.0, 1.0)])
def test_a_grid_whose_best_is_at_its_edge_grows(best: float, expected: float) -> None:
    found = search_rate(lambda _, values: abs(math.log(values[RATE] / best)))
    assert found.chosen is not None
    assert found.chosen.values[RATE] == expected
    assert {trial.values[RATE] for trial in found.trials} >= set(FIRST_RATES)
    assert {trial.values[RATE] for trial in found.trials} <= set(RATES)
