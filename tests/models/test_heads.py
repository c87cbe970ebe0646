"""What each head calls a loss and a prediction."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from models.calibration import Identity, Moment, Platt
from models.heads import BinaryHead, BinaryStatistics, BinaryTask, DurationHead, DurationStatistics, DurationTask

TOWER = {"widths": [4]}


def binary(rate: float = 0.2) -> BinaryHead:
    task = BinaryTask(name="click", kind="binary", label="clicked", tower=TOWER)
    return task.build(3, BinaryStatistics(num_observed=10, rate=rate))


def duration(unit: float = 1.0) -> DurationHead:
    task = DurationTask(name="dwell", kind="duration", label="seconds", tower=TOWER)
    statistics = DurationStatistics(
        num_observed=10,
        mean_seconds=20 * unit,
        max_seconds=300 * unit,
        scale_seconds=8 * unit,
        log_mean=0.9,
        log_standard_deviation=0.7,
    )
    return task.build(3, statistics)


class TestBinary:
    @pytest.mark.parametrize("rate", [1e-4, 0.03, 0.5, 0.99])
    def test_the_loss_is_log_loss_over_the_entropy_of_the_base_rate(self, rate: float) -> None:
        head = binary(rate)
        output, label = torch.randn(50, 1), (torch.rand(50) < 0.4).float()
        probability = head.predict(output, Identity())["click"].double().numpy()
        entropy = -rate * math.log(rate) - (1 - rate) * math.log(1 - rate)
        expected = log_loss(label.numpy(), probability, labels=[0, 1]) / entropy
        assert head.loss(output, label).mean().item() == pytest.approx(expected, rel=1e-4)

    @pytest.mark.parametrize("rate", [1e-3, 0.03, 0.3, 0.999])
    def test_an_output_of_zero_is_the_base_rate_and_costs_one(self, rate: float) -> None:
        head, zero = binary(rate), torch.zeros(1, 1)
        assert head.predict(zero, Identity())["click"].item() == pytest.approx(rate, rel=1e-4)
        positive, negative = (head.loss(zero, torch.tensor([label])).item() for label in (1.0, 0.0))
        assert rate * positive + (1 - rate) * negative == pytest.approx(1, rel=1e-4)

    def test_extreme_outputs_stay_finite(self) -> None:
        head, output = binary(), torch.tensor([[1e4], [-1e4]])
        assert torch.isfinite(head.loss(output, torch.tensor([0.0, 1.0]))).all()
        assert head.predict(output, Identity())["click"].tolist() == [1.0, 0.0]

    def test_the_gradient_is_the_error_over_the_entropy(self) -> None:
        head = binary()
        output, label = torch.randn(9, 1, requires_grad=True), (torch.rand(9) < 0.5).float()
        head.loss(output, label).sum().backward()
        expected = (head.predict(output.detach(), Identity())["click"] - label) / head.statistics.entropy
        torch.testing.assert_close(output.grad[:, 0], expected)

    def test_the_base_rate_is_no_parameter(self) -> None:
        assert "base_logit" not in dict(binary().named_parameters())
        assert "base_logit" in binary().state_dict()

    def test_calibration_moves_the_logit(self) -> None:
        output = torch.randn(9, 1)
        plain = torch.logit(binary().predict(output, Identity())["click"].double())
        moved = torch.logit(binary().predict(output, Platt(slope=2.0, intercept=-1.0))["click"].double())
        torch.testing.assert_close(moved, 2 * plain - 1, rtol=1e-4, atol=1e-4)

    @pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, math.nan])
    def test_a_rate_without_both_outcomes_is_refused(self, rate: float) -> None:
        with pytest.raises(ValueError, match="rate"):
            BinaryStatistics(num_observed=1, rate=rate)


class TestDuration:
    @pytest.mark.parametrize("factor", [1e-3, 60.0, 1e3])
    def test_the_unit_cancels(self, factor: float) -> None:
        output, label = torch.randn(50, 1), torch.rand(50) * 100
        loss, scaled = duration().loss(output, label), duration(factor).loss(output, label * factor)
        torch.testing.assert_close(loss, scaled, rtol=1e-5, atol=1e-6)
        plain, other = duration().predict(output, Identity()), duration(factor).predict(output, Identity())
        for name in plain:
            torch.testing.assert_close(plain[name] * factor, other[name], rtol=1e-5, atol=1e-5 * factor)

    def test_an_output_of_zero_is_the_log_mean_and_costs_one_deviation(self) -> None:
        head, zero = duration(), torch.zeros(1, 1)
        median = head.predict(zero, Identity())["dwell_median"].item()
        assert median == pytest.approx(8 * math.expm1(0.9), rel=1e-5)
        one_above = 8 * math.expm1(0.9 + 0.7)
        assert head.loss(zero, torch.tensor([median])).item() == pytest.approx(0, abs=1e-9)
        assert head.loss(zero, torch.tensor([one_above])).item() == pytest.approx(1, rel=1e-4)

    @given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1), st.floats(0.01, 10))
    def test_predictions_are_finite_and_never_negative(self, values: list[float], factor: float) -> None:
        predicted = duration().predict(torch.tensor(values)[:, None], Moment(factor=factor))
        for name, seconds in predicted.items():
            assert torch.isfinite(seconds).all()
            assert (seconds >= 0).all()
            if name == "dwell_median":
                assert (seconds <= 300 * (1 + 1e-5)).all()

    def test_without_calibration_mean_and_median_are_the_same(self) -> None:
        predicted = duration().predict(torch.randn(9, 1), Identity())
        assert torch.equal(predicted["dwell"], predicted["dwell_median"])

    def test_larger_outputs_are_longer(self) -> None:
        for factor in (0.5, 1.0, 2.0):
            predicted = duration().predict(torch.linspace(-9, 9, 99)[:, None], Moment(factor=factor))
            assert all((seconds.diff() >= 0).all() for seconds in predicted.values())

    def test_the_gradient_is_twice_the_error(self) -> None:
        head = duration()
        output, label = torch.randn(9, 1, requires_grad=True), torch.rand(9) * 50
        head.loss(output, label).sum().backward()
        target = (np.log1p(label.numpy() / 8) - 0.9) / 0.7
        np.testing.assert_allclose(
            output.grad[:, 0], 2 * (output.detach()[:, 0].numpy() - target), rtol=1e-4, atol=1e-5
        )

    @pytest.mark.parametrize(("unit", "seconds"), [("ms", 0.001), ("s", 1), ("min", 60)])
    def test_units(self, unit: str, seconds: float) -> None:
        task = DurationTask.model_validate({"name": "d", "kind": "duration", "label": "l", "unit": unit})
        assert task.seconds_per_unit == seconds
