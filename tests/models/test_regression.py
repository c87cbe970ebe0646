"""A regression head: the label's unit and its zero cancel."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from models.calibration import Calibration, Identity, Line
from models.config import ModelConfig
from models.heads import RegressionHead, RegressionStatistics, RegressionTask
from models.manifest import Manifest
from models.network import Network
from models.predictor import Predictor
from tests.models.tiny import FEATURES, MMOE, TASKS, encoder, from_rows, rows, statistics

STARS = {"name": "stars", "kind": "regression", "label": "rating", "tower": {"widths": [4]}}


def measured(factor: float = 1.0, shift: float = 0.0) -> RegressionStatistics:
    return RegressionStatistics(
        num_observed=10, mean=3.5 * factor + shift, standard_deviation=1.2 * factor, min=factor + shift,
        max=5 * factor + shift,
    )  # fmt: skip


def head(factor: float = 1.0, shift: float = 0.0) -> RegressionHead:
    return RegressionTask.model_validate(STARS).build(3, measured(factor, shift))


class TestHead:
    @pytest.mark.parametrize(("factor", "shift"), [(1e-3, 0.0), (1e3, 0.0), (1e3, -5e5), (1.0, 1e4), (1e9, 0.0)])
    def test_unit_and_zero_cancel(self, factor: float, shift: float) -> None:
        output, label = torch.randn(50, 1), 1 + 4 * torch.rand(50)
        scaled = (label.double() * factor + shift).float()
        rounding = 1e-6 * (1 + abs(shift) / factor)
        torch.testing.assert_close(head().loss(output, label), head(factor, shift).loss(output, scaled),
                                   rtol=10 * rounding, atol=10 * rounding)  # fmt: skip
        plain, other = (made.predict(output, Line(slope=0.9, intercept=0.1)) for made in (head(), head(factor, shift)))
        expected = (plain["stars"].double() * factor + shift).float()
        torch.testing.assert_close(other["stars"], expected, rtol=1e-6, atol=1e-6 * factor)

    def test_an_output_of_zero_is_the_mean_and_costs_one_deviation(self) -> None:
        zero = torch.zeros(1, 1)
        assert head().predict(zero, Identity())["stars"].item() == pytest.approx(3.5)
        assert head().loss(zero, torch.tensor([3.5])).item() == pytest.approx(0, abs=1e-9)
        assert head().loss(zero, torch.tensor([3.5 - 1.2])).item() == pytest.approx(1, rel=1e-6)

    def test_the_base_loss_is_what_the_mean_costs_in_the_labels_unit(self) -> None:
        label = torch.from_numpy(np.random.default_rng(0).normal(3.5, 1.2, 100_000)).float()
        cost = (label - 3.5).square().mean().item()
        assert head().base_loss == pytest.approx(cost, rel=0.02)
        in_its_unit = head().loss(torch.zeros(len(label), 1), label).mean().item() * head().base_loss
        assert in_its_unit == pytest.approx(cost, rel=1e-4)

    def test_a_label_stands_for_the_output_that_predicts_it(self) -> None:
        label = torch.tensor([1.0, 2.5, 5.0])
        torch.testing.assert_close(head().predict(head().taught(label), Identity())["stars"], label)
        assert (head().loss(head().taught(label), label) == 0).all()

    def test_it_hands_on_its_standardised_value(self) -> None:
        output = torch.randn(9, 1)
        assert torch.equal(head().estimate(output), output)

    def test_digits_far_from_zero_do_not_cancel(self) -> None:
        label = torch.tensor([16_000_000.0, 16_000_001.0, 16_000_002.0])
        far = RegressionStatistics(num_observed=3, mean=16_000_001, standard_deviation=1, min=16e6, max=16_000_002)
        made = RegressionTask.model_validate(STARS).build(3, far)
        assert made.taught(label)[:, 0].tolist() == [-1, 0, 1]
        assert made.predict(made.taught(label), Identity())["stars"].tolist() == label.tolist()

    @given(st.lists(st.floats(-(2.0**120), 2.0**120, width=32), min_size=1), st.floats(0.01, 10), st.floats(-5, 5))
    def test_predictions_are_finite_and_among_the_labels_seen(
        self, values: list[float], slope: float, intercept: float
    ) -> None:
        found = head().predict(torch.tensor(values)[:, None], Line(slope=slope, intercept=intercept))["stars"]
        assert torch.isfinite(found).all()
        assert ((found >= 1) & (found <= 5)).all()

    def test_larger_outputs_are_more(self) -> None:
        for line in (Line(), Line(slope=0.1), Line(slope=3.0, intercept=-1.0)):
            found = head().predict(torch.linspace(-9, 9, 99)[:, None], line)["stars"].tolist()
            assert all(one <= other for one, other in pairwise(found))

    def test_the_gradient_is_twice_the_error(self) -> None:
        output, label = torch.randn(9, 1, requires_grad=True), 1 + 4 * torch.rand(9)
        head().loss(output, label).sum().backward()
        torch.testing.assert_close(output.grad, 2 * (output.detach() - head().taught(label)))

    @pytest.mark.parametrize("deviation", [0.0, -1.0, math.nan, math.inf])
    def test_a_label_that_does_not_vary_is_refused(self, deviation: float) -> None:
        with pytest.raises(ValueError, match="standard_deviation"):
            RegressionStatistics(num_observed=2, mean=0, standard_deviation=deviation, min=0, max=1)


class TestLine:
    @given(st.floats(1e-3, 1e3), st.floats(-100, 100))
    def test_it_keeps_the_order(self, slope: float, intercept: float) -> None:
        assert (Line(slope=slope, intercept=intercept).value(torch.linspace(-5, 5, 50)).diff() >= 0).all()

    def test_the_default_changes_nothing(self) -> None:
        output = torch.randn(9)
        assert torch.equal(Line().value(output), output)

    @pytest.mark.parametrize("settings", [{"slope": 0}, {"slope": -1}, {"slope": math.nan}, {"intercept": math.inf}])
    def test_what_would_break_the_order_is_refused(self, settings: dict[str, float]) -> None:
        with pytest.raises(ValueError, match="1 validation error"):
            Line.model_validate(settings)

    def test_json_keeps_every_bit(self) -> None:
        adapter: TypeAdapter[Calibration] = TypeAdapter(Calibration)
        line = Line(slope=1 / 3, intercept=-math.pi)
        assert adapter.validate_json(adapter.dump_json(line)) == line


class TestNetwork:
    @staticmethod
    def predicted(factor: float, shift: float) -> dict[str, np.ndarray]:
        stars = {**STARS, "reads": ["click"], "observed_when": "click"}
        tasks = [TASKS[0], stars, {**TASKS[2], "reads": ["click", "stars"]}]
        model = ModelConfig.model_validate({"features": FEATURES, "tasks": tasks, "trunk": MMOE})
        torch.manual_seed(3)
        found = {name: of for name, of in statistics().items() if name != "dwell"} | {"stars": measured(factor, shift)}
        calibrations: dict[str, Calibration] = {"click": Identity(), "stars": Line(slope=0.9), "buy": Identity()}
        network = Network(model, encoder(model), found)
        with torch.no_grad():
            network.head("stars").output.weight.mul_(5)
        made = Predictor(model, encoder(model), network, calibrations)
        return made.predict(from_rows(model, rows(40)), 40)

    def test_beside_other_heads_the_unit_reaches_its_own_answer_alone(self) -> None:
        plain, scaled = self.predicted(1.0, 0.0), self.predicted(1e3, -2e3)
        assert list(plain) == ["click", "stars", "buy"]
        assert np.std(plain["stars"]) > 0.01
        np.testing.assert_array_equal(plain["click"], scaled["click"])
        np.testing.assert_array_equal(plain["buy"], scaled["buy"])
        np.testing.assert_allclose(scaled["stars"], 1e3 * plain["stars"] - 2e3, rtol=1e-5)


def test_a_manifest_wants_statistics_of_the_same_kind() -> None:
    model = ModelConfig.model_validate({"features": FEATURES, "tasks": [STARS]})
    rest = {"version": "v", "name": "n", "created_at": "2026-01-01T00:00:00Z", "schema_fingerprint": "f", "metrics": {},
            "training": {}, "libraries": {}, "files": {}, "calibrations": {"stars": Line()}}  # fmt: skip
    found = Manifest.model_validate({**rest, "model": model, "statistics": {"stars": measured()}})
    assert Manifest.model_validate_json(found.model_dump_json()).statistics == {"stars": measured()}
    with pytest.raises(ValueError, match="task 'stars' needs regression statistics"):
        Manifest.model_validate({**rest, "model": model, "statistics": {"stars": statistics()["click"]}})
