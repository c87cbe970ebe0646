"""What is compared is what the evaluation and the heads measure."""

import numpy as np
import pytest
import torch

from models.heads import BinaryStatistics, DurationStatistics, DurationTask, RegressionStatistics, RegressionTask
from training.comparison.measures import measures
from training.evaluation.binary import binary_metrics
from training.evaluation.duration import xauc

ROWS = 400
BINARY = BinaryStatistics(num_observed=ROWS, rate=0.2)
DURATION = DurationStatistics(
    num_observed=ROWS, mean_seconds=30, max_seconds=500, scale_seconds=20, log_mean=0.9, log_standard_deviation=0.6
)
NUMBER = RegressionStatistics(num_observed=ROWS, mean=3.0, standard_deviation=1.5, min=-20, max=20)


def test_binary_measures_are_those_of_the_evaluation() -> None:
    random = np.random.default_rng(0)
    label = (random.random(ROWS) < 0.2).astype(np.float64)
    probability = np.round(random.random(ROWS), 2)  # ties, zeros and ones
    expected = binary_metrics(label, probability)
    found = measures(BINARY)
    assert found["loss"](label, [probability]) == pytest.approx(expected["normalised_entropy"])
    assert found["order"](label, [probability]) == pytest.approx(expected["auc"])


def test_one_outcome_decides_nothing() -> None:
    for measure in measures(BINARY).values():
        assert measure(np.zeros(5), [np.full(5, 0.1)]) is None


def test_the_loss_of_a_duration_is_what_its_head_minimises() -> None:
    head = DurationTask(name="dwell", kind="duration", label="seconds").build(4, DURATION)
    output = torch.linspace(0, 1, ROWS).unsqueeze(1)
    seconds = np.random.default_rng(0).exponential(30, ROWS)
    median = (DURATION.scale_seconds * (head.growths(output).median - 1)).numpy()
    expected = head.loss(output, torch.from_numpy(seconds)).mean()
    assert measures(DURATION)["loss"](seconds, [median, median]) == pytest.approx(float(expected), rel=1e-5)
    assert measures(DURATION)["order"](seconds, [median * 2, median]) == xauc(seconds, median)


def test_the_loss_of_a_number_is_what_its_head_minimises() -> None:
    head = RegressionTask(name="rating", kind="regression", label="stars").build(4, NUMBER)
    output = torch.linspace(-1, 1, ROWS).unsqueeze(1)
    label = np.random.default_rng(0).normal(3, 1.5, ROWS)
    predicted = NUMBER.mean + NUMBER.standard_deviation * output[:, 0].double().numpy()
    expected = head.loss(output, torch.from_numpy(label)).mean()
    assert measures(NUMBER)["loss"](label, [predicted]) == pytest.approx(float(expected), rel=1e-5)


def test_always_predicting_the_mean_costs_one() -> None:
    label = np.random.default_rng(0).normal(NUMBER.mean, NUMBER.standard_deviation, 20_000)
    assert measures(NUMBER)["loss"](label, [np.full(20_000, NUMBER.mean)]) == pytest.approx(1, rel=0.02)
    clicked = (np.arange(100) < 20).astype(np.float64)
    assert measures(BINARY)["loss"](clicked, [np.full(100, 0.2)]) == pytest.approx(1)
