"""Metrics against their definitions, written out naively."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from training.evaluation.binary import binary_metrics, entropy, expected_calibration_error, normalised_entropy
from training.evaluation.captured import captured_deviance, captured_entropy
from training.evaluation.duration import duration_deviance, duration_metrics, xauc
from training.evaluation.gauc import gauc

Floats = NDArray[np.float64]
FEW = st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5])
"""Few different values, so that there are ties."""
ROWS = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), FEW, st.sampled_from("abc")), min_size=1, max_size=25)
PAIRS = st.lists(st.tuples(st.sampled_from([0.0, 1.0, 5.0, 30.0]), FEW), min_size=1, max_size=25)


def naive_auc(label: Floats, score: Floats) -> float | None:
    pairs = [(p, n) for p in score[label == 1] for n in score[label == 0]]
    return float(np.mean([(p > n) + 0.5 * (p == n) for p, n in pairs])) if pairs else None


class TestBinary:
    @given(ROWS)
    def test_auc_is_the_share_of_pairs_in_order(self, rows: list[tuple[float, float, str]]) -> None:
        label, score = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
        assert binary_metrics(label, score)["auc"] == pytest.approx(naive_auc(label, score))

    @given(ROWS)
    def test_gauc_is_the_weighted_mean_over_groups(self, rows: list[tuple[float, float, str]]) -> None:
        label, score = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
        group = pd.Series([r[2] for r in rows])
        parts = [(naive_auc(label[mask], score[mask]), int(mask.sum())) for mask in (group == g for g in "abc")]
        kept = [(auc, size) for auc, size in parts if auc is not None]
        expected = sum(auc * size for auc, size in kept) / sum(size for _, size in kept) if kept else None
        assert gauc(label, score, group) == pytest.approx(expected)

    def test_gauc_of_one_group_is_auc(self) -> None:
        random = np.random.default_rng(0)
        label, score = (random.random(500) < 0.2).astype(float), random.random(500).round(2)
        assert gauc(label, score, pd.Series(["x"] * 500)) == pytest.approx(roc_auc_score(label, score))

    def test_rows_without_a_group_count_in_none(self) -> None:
        label, score = np.array([1.0, 0, 1, 0]), np.array([0.2, 0.1, 0.1, 0.2])
        assert gauc(label, score, pd.Series(["a", "a", None, None])) == 1.0

    @given(st.integers(1, 50), st.integers(1, 50))
    def test_the_base_rate_has_a_normalised_entropy_of_one(self, positives: int, negatives: int) -> None:
        label = np.array([1.0] * positives + [0.0] * negatives)
        rate = np.full(len(label), label.mean())
        assert normalised_entropy(label, rate) == pytest.approx(1)
        metrics = binary_metrics(label, rate)
        assert metrics["auc"] == pytest.approx(0.5)
        assert metrics["predicted_over_observed"] == pytest.approx(1)

    @given(ROWS)
    def test_log_loss_is_that_of_the_definition(self, rows: list[tuple[float, float, str]]) -> None:
        label, p = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
        expected = -np.mean(label * np.log(p) + (1 - label) * np.log1p(-p))
        metrics = binary_metrics(label, p)
        assert metrics["log_loss"] == pytest.approx(expected)
        scale = entropy(float(label.mean()))
        assert metrics["normalised_entropy"] == (pytest.approx(expected / scale) if scale else None)

    def test_certainty_is_finite(self) -> None:
        metrics = binary_metrics(np.array([1.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0]))
        assert all(value is not None and math.isfinite(value) for value in metrics.values())

    @pytest.mark.parametrize("label", [0.0, 1.0])
    def test_one_outcome_only_has_no_order(self, label: float) -> None:
        metrics = binary_metrics(np.full(3, label), np.array([0.1, 0.2, 0.3]))
        assert metrics["auc"] is None
        assert metrics["normalised_entropy"] is None
        assert (metrics["predicted_over_observed"] is None) == (label == 0)
        assert gauc(np.full(3, label), np.array([0.1, 0.2, 0.3]), pd.Series([1, 1, 2])) is None

    def test_calibration_error_of_perfect_and_of_shifted_rates(self) -> None:
        probability = np.repeat([0.1, 0.5, 0.9], 100)
        label = np.concatenate([np.arange(100) < rate * 100 for rate in (0.1, 0.5, 0.9)]).astype(float)
        assert expected_calibration_error(label, probability, 3) == pytest.approx(0)
        assert expected_calibration_error(label, probability + 0.05, 3) == pytest.approx(0.05)
        assert expected_calibration_error(label, 1 - probability, 3) == pytest.approx(1.6 / 3)

    @given(ROWS)
    def test_calibration_error_is_at_least_the_error_of_the_total(self, rows: list[tuple[float, float, str]]) -> None:
        label, p = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
        assert abs(p.mean() - label.mean()) - 1e-12 <= expected_calibration_error(label, p) <= 1

    def test_order_metrics_see_only_the_order(self) -> None:
        random = np.random.default_rng(0)
        label, score = (random.random(300) < 0.3).astype(float), random.random(300)
        group = pd.Series(random.integers(0, 9, 300))
        assert binary_metrics(label, score)["auc"] == pytest.approx(binary_metrics(label, score**3)["auc"])
        assert gauc(label, score, group) == pytest.approx(gauc(label, score**3, group))


class TestDuration:
    @given(PAIRS)
    def test_xauc_is_the_share_of_pairs_in_order(self, rows: list[tuple[float, float]]) -> None:
        pairs = [(a, b) for a, b in itertools.combinations(rows, 2) if a[0] != b[0]]
        right = [0.5 if a[1] == b[1] else float((a[0] > b[0]) == (a[1] > b[1])) for a, b in pairs]
        expected = np.mean(right) if pairs else None
        label, prediction = np.array(rows).T
        assert xauc(label, prediction) == (pytest.approx(expected) if expected is not None else None)

    def test_xauc_of_two_labels_is_auc(self) -> None:
        random = np.random.default_rng(0)
        label, score = (random.random(400) < 0.3).astype(float), random.random(400).round(1)
        assert xauc(label, score) == pytest.approx(roc_auc_score(label, score))

    def test_xauc_at_its_ends(self) -> None:
        label = np.array([0.0, 0, 1, 2, 3])
        assert xauc(label, label) == pytest.approx(1)
        assert xauc(label, -label) == pytest.approx(0)
        assert xauc(label, np.zeros(5)) == 0.5
        assert xauc(np.zeros(5), label) is None
        assert xauc(np.array([3.0]), np.array([3.0])) is None

    @given(st.floats(0.2, 5))
    def test_deviance_is_smallest_at_the_true_mean(self, factor: float) -> None:
        assume(abs(factor - 1) > 1e-3)
        label = np.array([0.0, 0.5, 3.0, 100.0])
        mean = np.full(4, label.mean())
        assert duration_deviance(label, mean) < duration_deviance(label, mean * factor)

    def test_deviance_is_smallest_at_the_true_conditional_mean(self) -> None:
        random = np.random.default_rng(0)
        mean = random.lognormal(1, 1, 100_000)
        label = mean * random.exponential(1, 100_000) * (random.random(100_000) < 0.7) / 0.7  # bounces and a tail
        best = duration_deviance(label, mean)
        for other in (mean * 1.1, mean * 0.9, mean**0.9, np.full(len(mean), label.mean())):
            assert best < duration_deviance(label, other)

    def test_deviance_is_finite_at_zero(self) -> None:
        assert math.isfinite(duration_deviance(np.array([0.0, 5.0]), np.array([0.0, 0.0])))

    def test_the_others_by_hand(self) -> None:
        metrics = duration_metrics(np.array([1.0, 3.0]), np.array([2.0, 4.0]), np.array([1.0, 2.0]))
        assert metrics["mae_seconds"] == pytest.approx(0.5)
        assert metrics["rmse_log1p"] == pytest.approx(math.log(4 / 3) / math.sqrt(2))
        assert metrics["predicted_over_observed"] == pytest.approx(1.5)
        assert metrics["mean_seconds"] == 2
        assert duration_metrics(np.zeros(2), np.ones(2), np.ones(2))["predicted_over_observed"] is None


class TestCaptured:
    @pytest.fixture
    def world(self) -> tuple[Floats, Floats]:
        random = np.random.default_rng(0)
        truth = random.beta(2, 18, 20_000)
        return (random.random(20_000) < truth).astype(float), truth

    def test_the_truth_is_one_exactly_and_the_base_rate_zero(self, world: tuple[Floats, Floats]) -> None:
        label, truth = world
        assert captured_entropy(label, truth, truth)["captured"] == 1.0
        base = np.full(len(label), label.mean())
        assert captured_entropy(label, base, truth)["captured"] == pytest.approx(0, abs=1e-9)

    def test_half_of_the_truth_lies_between(self, world: tuple[Floats, Floats]) -> None:
        label, truth = world
        captured = captured_entropy(label, (truth + truth.mean()) / 2, truth)["captured"]
        assert captured is not None
        assert 0.5 < captured < 1

    def test_durations_too(self) -> None:
        random = np.random.default_rng(0)
        truth = random.lognormal(2, 1, 20_000)
        label = truth * random.exponential(1, 20_000)
        assert captured_deviance(label, truth, truth)["captured"] == 1.0
        base = np.full(len(label), label.mean())
        assert captured_deviance(label, base, truth)["captured"] == pytest.approx(0, abs=1e-9)

    def test_where_the_truth_helps_nothing_there_is_nothing_to_capture(self) -> None:
        label = np.array([1.0, 0.0])
        assert captured_entropy(label, label, np.array([0.5, 0.5]))["captured"] is None
        assert captured_entropy(np.ones(2), np.ones(2), np.ones(2))["captured"] is None
        assert captured_deviance(np.array([1.0, 3.0]), np.ones(2), np.array([2.0, 2.0]))["captured"] is None
