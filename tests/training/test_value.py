"""A value from its label to its numbers: checked, fitted, learned, calibrated and measured."""

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from numpy.typing import NDArray
from pydantic import TypeAdapter

from models.calibration import Amount
from models.errors import DataError
from models.heads import DurationTask, Task, ValueHead, ValueStatistics, ValueTask
from training.data.labels import labels
from training.evaluation.calibrate_value import fit_value
from training.evaluation.captured import captured_value
from training.evaluation.value import deviance_left, normalised_gini, spearman, value_deviance, value_metrics
from training.fitting.inflation import cut_log_normal
from training.fitting.labels import LabelFit

Floats = NDArray[np.float64]
WORTH: dict[str, Any] = {"name": "worth", "kind": "value", "label": "euros", "tower": {"widths": [8]}}


def task(**changes: Any) -> Task:
    adapter: TypeAdapter[Task] = TypeAdapter(Task)
    return adapter.validate_python({**WORTH, **changes})


def fitted(values: Floats) -> ValueStatistics:
    fit = LabelFit(task(), seed=0)
    for part in np.array_split(values, 3):
        fit.add(part)
    found = fit.statistics()
    assert isinstance(found, ValueStatistics)
    return found


def rows(num_rows: int, seed: int = 0) -> tuple[torch.Tensor, Floats, Floats]:
    """Features, amounts and true expected amounts."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(num_rows, 2))
    probability, mean, deviation = 1 / (1 + np.exp(2 - x[:, 0])), 1 + 0.5 * x[:, 1], 0.7
    amount = np.exp(mean + deviation * random.normal(size=num_rows))
    happened = random.random(num_rows) < probability
    return torch.from_numpy(x).float(), happened * amount, probability * np.exp(mean + deviation**2 / 2)


@pytest.fixture(scope="module")
def head() -> ValueHead:
    x, amount, _ = rows(20_000)
    made, label = task(), torch.from_numpy(amount).float()
    assert isinstance(made, ValueTask)
    torch.manual_seed(0)
    found = made.build(2, fitted(amount))
    optimizer = torch.optim.Adam(found.parameters(), lr=0.02)
    for _ in range(250):
        optimizer.zero_grad()
        found.loss(found(x), label).mean().backward()
        optimizer.step()
    return found.eval()


class TestFit:
    def test_what_is_measured(self) -> None:
        amount = np.array([0.0, 0.0, 0.0, math.nan, 1.0, math.e**2])
        found = fitted(amount)
        assert found.num_observed == 5
        assert found.mean == pytest.approx((1 + math.e**2) / 5)
        assert found.amounts.share_above == pytest.approx(2.5 / 6)
        assert (found.amounts.log_mean, found.amounts.log_deviation) == pytest.approx((1.0, 1.0))

    @pytest.mark.parametrize("values", [[0.0] * 5, [3.0] * 5])
    def test_nothing_to_learn_is_refused(self, values: list[float]) -> None:
        with pytest.raises(DataError, match=r"above zero in some rows and differs; column 'euros' of task 'worth' is"):
            fitted(np.array(values))

    def test_amounts_that_are_all_alike_or_never_zero_still_cost_something_finite(self) -> None:
        for values in ([0.0, 5.0, 5.0], [4.0, 5.0, 7.0]):
            assert 0 < fitted(np.array(values)).base_cost < 1e3

    @pytest.mark.parametrize("cut", [-3.0, 0.5, 1.5])
    def test_a_planted_cut_log_normal_is_found(self, cut: float) -> None:
        drawn = np.random.default_rng(0).normal(1.0, 1.2, 400_000)
        assert cut_log_normal(drawn[drawn > cut], cut) == pytest.approx((1.0, 1.2), abs=0.03)


class TestLabels:
    @staticmethod
    def of(values: list[float | None]) -> Floats:
        return labels([task()], pa.RecordBatch.from_pydict({"euros": values}))["worth"]

    def test_zero_or_more_or_null(self) -> None:
        np.testing.assert_array_equal(self.of([0.0, 7.5, None]), [0, 7.5, math.nan])

    @pytest.mark.parametrize("wrong", [-0.01, math.inf, 1e300])
    def test_others_are_refused(self, wrong: float) -> None:
        with pytest.raises(DataError, match=r"zero or more, at most .*, or null; column 'euros' of task 'worth' holds"):
            self.of([1.0, wrong])


class TestHead:
    def test_outputs_of_zero_cost_one(self) -> None:
        _, amount, _ = rows(5_000)
        made = task()
        assert isinstance(made, ValueTask)
        found = made.build(2, fitted(amount))
        cost = found.loss(torch.zeros(len(amount), 3), torch.from_numpy(amount)).mean()
        assert cost.item() == pytest.approx(1, rel=1e-6)

    @pytest.mark.parametrize("factor", [1e-4, 1e3])
    def test_the_unit_cancels(self, factor: float) -> None:
        _, amount, _ = rows(5_000)
        made = task()
        assert isinstance(made, ValueTask)
        one, other = made.build(2, fitted(amount)), made.build(2, fitted(amount * factor))
        output, label = torch.randn(len(amount), 3), torch.from_numpy(amount).float()
        torch.testing.assert_close(one.loss(output, label), other.loss(output, label * factor), rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(one.estimate(output), other.estimate(output), rtol=1e-3, atol=1e-5)
        found, scaled = one.predict(output, Amount()), other.predict(output, Amount())
        torch.testing.assert_close(found["worth"] * factor, scaled["worth"], rtol=1e-3, atol=1e-6 * factor)
        torch.testing.assert_close(found["worth_probability"], scaled["worth_probability"])

    def test_planted_parameters_are_found(self, head: ValueHead) -> None:
        x = torch.tensor([[0.0, 0.0], [1.0, 1.0], [-1.0, 0.5]])
        with torch.inference_mode():
            found = head.distribution.parameters(head(x))
        assert found.logit.tolist() == pytest.approx([-2, -1, -3], abs=0.3)
        assert found.mean.tolist() == pytest.approx([1, 1.5, 1.25], abs=0.15)
        assert found.deviation.tolist() == pytest.approx([0.7] * 3, abs=0.12)

    def test_totals_are_right_on_fresh_rows_after_calibration(self, head: ValueHead) -> None:
        x, amount, _ = rows(40_000, 1)
        fresh, seen, truth = rows(40_000, 2)
        with torch.inference_mode():
            calibration = fit_value(head, head(x) - 0.5, torch.from_numpy(amount))
            found = head.predict(head(fresh) - 0.5, calibration)
        expected, probability = (values.double().numpy() for values in found.values())
        assert expected.sum() == pytest.approx(seen.sum(), rel=0.05)
        assert probability.sum() == pytest.approx((seen > 0).sum(), rel=0.05)
        captured = captured_value(seen, expected, truth)["captured"]
        assert captured is not None
        assert 0.8 < captured < 1.02

    def test_answers_are_finite_at_extremes(self, head: ValueHead) -> None:
        output = torch.cartesian_prod(*[torch.tensor([1e6, -1e6, 0.0])] * 3)
        for values in head.predict(output, Amount(slope=3.0, intercept=5.0, factor=2.0)).values():
            assert torch.isfinite(values).all()
            assert (values >= 0).all()
        assert (head.predict(output, Amount())["worth"] <= head.statistics.max * (1 + 1e-5)).all()

    def test_no_amount_on_held_out_rows_still_gives_a_calibration(self, head: ValueHead) -> None:
        assert fit_value(head, torch.zeros(60, 3), torch.zeros(60)).factor == pytest.approx(1, rel=0.5)


class TestMetrics:
    def test_the_best_order_has_a_gini_of_one_and_chance_of_none(self) -> None:
        _, amount, truth = rows(20_000)
        assert normalised_gini(amount, amount) == pytest.approx(1)
        assert normalised_gini(amount, -amount) == pytest.approx(-1)
        assert normalised_gini(amount, np.ones(20_000)) == 0
        assert normalised_gini(amount, np.random.default_rng(9).random(20_000)) == pytest.approx(0, abs=0.05)
        assert 0.3 < (normalised_gini(amount, truth) or 0) < 1
        assert normalised_gini(np.ones(5), np.arange(5.0)) is None

    @pytest.mark.parametrize("factor", [1e-6, 1e6])
    def test_no_unit_moves_them(self, factor: float) -> None:
        _, amount, truth = rows(5_000)
        one = value_metrics(amount, truth, np.full(5_000, 0.1))
        other = value_metrics(amount * factor, truth * factor, np.full(5_000, 0.1))
        for key, value in one.items():
            scaled = value * factor if value is not None and key in {"mae", "mean"} else value
            assert other[key] == pytest.approx(scaled, rel=1e-6), key

    def test_the_deviance_is_smallest_at_the_true_mean(self) -> None:
        _, amount, truth = rows(200_000)
        costs = [value_deviance(amount, truth * factor) for factor in (1.0, 0.8, 1.25, 2.0)]
        assert min(costs) == costs[0]
        assert (deviance_left(amount, truth) or 2) < 1
        assert deviance_left(amount, np.full(len(amount), amount.mean())) == pytest.approx(1)

    def test_the_truth_captures_everything_and_the_mean_nothing(self) -> None:
        _, amount, truth = rows(50_000)
        assert captured_value(amount, truth, truth)["captured"] == 1
        assert captured_value(amount, np.full(50_000, amount.mean()), truth)["captured"] == pytest.approx(0, abs=1e-9)

    def test_rows_worth_nothing_leave_nothing_to_divide_by(self) -> None:
        found = value_metrics(np.zeros(4), np.arange(4.0), np.full(4, 0.2))
        assert [key for key, value in found.items() if value is None] == [
            "normalised_gini", "spearman", "deviance_left", "predicted_over_observed", "decile_error",
            "probability_auc", "probability_over_observed",
        ]  # fmt: skip
        assert spearman(np.arange(5.0), np.ones(5)) == 0


def test_a_duration_of_bounces_alone_is_refused() -> None:
    made = DurationTask.model_validate(
        {"name": "d", "kind": "duration", "label": "s", "distribution": {"kind": "bounce_log_normal"}}
    )
    fit = LabelFit(made, seed=0)
    fit.add(np.array([0.0, 1.0, 1.5]))
    with pytest.raises(DataError, match=r"some stay longer and differ; column 's' of task 'd' has 0 of 3 rows above 2"):
        fit.statistics()
