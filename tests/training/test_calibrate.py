"""Calibration: planted distortions are found, and totals agree on the rows of the fit."""

import numpy as np
import pytest
import torch
from scipy.special import expit

from models.calibration import Identity, Moment, Platt
from tests.models.tiny import config, encoder, from_rows, predictor, rows, statistics
from training.data.batches import TrainingBatch
from training.evaluation.calibrate import fit_calibrations
from training.evaluation.calibrate_platt import fit_platt


def labelled(slope: float, intercept: float, num_rows: int = 200_000) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    logit = random.normal(0, 1, num_rows)
    return logit, (random.random(num_rows) < expit(slope * logit + intercept)).astype(float)


class TestPlatt:
    @pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.5, -1.0), (1.8, 0.7), (1.2, -3.0)])
    def test_a_planted_line_is_found(self, slope: float, intercept: float) -> None:
        found = fit_platt(*labelled(slope, intercept))
        assert isinstance(found, Platt)
        assert found.slope == pytest.approx(slope, rel=0.03)
        assert found.intercept == pytest.approx(intercept, abs=0.05)

    @pytest.mark.parametrize("intercept", [0.0, -4.0, -7.0, -9.0])
    @pytest.mark.parametrize("shift", [0.0, 3.0])
    def test_totals_agree_on_the_rows_of_the_fit(self, intercept: float, shift: float) -> None:
        logit, label = labelled(1.0, intercept)
        logit = logit + intercept + shift
        found = fit_platt(logit, label)
        assert isinstance(found, Platt)
        assert expit(found.slope * logit + found.intercept).sum() == pytest.approx(label.sum(), rel=1e-3)

    def test_a_handful_of_rows_turns_nothing_upside_down(self) -> None:
        logit = np.linspace(-1, 1, 60)
        found = fit_platt(logit, (logit < -0.9).astype(float))  # the few positives have the lowest logits
        assert isinstance(found, Platt)
        assert 0.5 < found.slope < 1.1

    def test_separable_labels_stay_finite(self) -> None:
        logit = np.linspace(-5, 5, 10_000)
        found = fit_platt(logit, (logit > 0).astype(float))
        assert isinstance(found, Platt)
        assert 1 < found.slope < 1e3

    def test_a_constant_logit_moves_only_the_intercept(self) -> None:
        label = (np.arange(1_000) < 30).astype(float)
        found = fit_platt(np.full(1_000, -1.0), label)
        assert isinstance(found, Platt)
        assert expit(found.slope * -1.0 + found.intercept) == pytest.approx(0.03, rel=1e-3)

    @pytest.mark.parametrize("label", [0.0, 1.0])
    def test_one_outcome_only_fits_nothing(self, label: float) -> None:
        assert fit_platt(np.array([0.1, 0.2]), np.full(2, label)) == Identity()

    def test_a_fitted_line_never_costs_more_than_none(self) -> None:
        logit, label = labelled(0.7, -2.0, 5_000)
        found = fit_platt(logit, label)
        assert isinstance(found, Platt)

        def loss(z: np.ndarray) -> float:
            return float((np.logaddexp(0, z) - label * z).mean())

        assert loss(found.slope * logit + found.intercept) < loss(logit)


class TestAllTasks:
    @staticmethod
    def batch(num_rows: int, observed: int) -> TrainingBatch:
        inputs = encoder().encode(from_rows(config(), rows(num_rows)), num_rows)
        click = (torch.rand(num_rows) < 0.4).float()
        dwell = torch.rand(num_rows) * 50
        for label in (click, dwell):
            label[observed:] = torch.nan
        return TrainingBatch(inputs, {"click": click, "dwell": dwell, "buy": torch.full((num_rows,), torch.nan)})

    def test_each_task_gets_its_kind_from_observed_rows_alone(self) -> None:
        network, batch = predictor().network, self.batch(300, observed=200)
        found = fit_calibrations(network, encoder(), batch)
        assert [type(found[name]) for name in ("click", "dwell", "buy")] == [Platt, Moment, Identity]
        outputs = network.eval()(batch.inputs)["click"][:200]
        predicted = network.head("click").predict(outputs, found["click"])["click"].sum().item()
        assert predicted == pytest.approx(batch.labels["click"][:200].sum().item(), rel=1e-3)

    def test_too_few_rows_fit_nothing(self) -> None:
        found = fit_calibrations(predictor().network, encoder(), self.batch(60, observed=49))
        assert set(found.values()) == {Identity()}

    def test_rows_in_parts_give_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        network, batch = predictor().network, self.batch(300, observed=300)
        whole = fit_calibrations(network, encoder(), batch)
        monkeypatch.setattr("training.evaluation.calibrate.BATCH_ROWS", 37)
        parts = fit_calibrations(network, encoder(), batch)
        for name, calibration in whole.items():
            settings, others = calibration.model_dump(), parts[name].model_dump()
            assert settings.pop("kind") == others.pop("kind")
            assert others == pytest.approx(settings, rel=1e-3)

    def test_statistics_of_the_tiny_model_fit_its_tasks(self) -> None:
        assert statistics().keys() == {task.name for task in config().tasks}
