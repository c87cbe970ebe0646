"""Calibration: planted distortions are found, and totals agree on the rows of the fit."""

import numpy as np
import pytest
import torch
from scipy.special import expit

from models.calibration import Identity, Moment, Platt
from models.heads import DurationHead
from tests.models.tiny import config, encoder, from_rows, predictor, rows, statistics
from training.data.batches import TrainingBatch
from training.evaluation.calibrate import believed_mean, fit_calibrations, fit_moment, fit_platt, median_factor


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


class TestMoment:
    @staticmethod
    def head() -> DurationHead:
        head = predictor().network.head("dwell")
        assert isinstance(head, DurationHead)
        return head

    @pytest.mark.parametrize("spread", [0.1, 1.0, 3.0])
    @pytest.mark.parametrize("mean", [0.01, 2.0, 40.0, 500.0])
    def test_totals_agree_exactly_on_the_rows_of_the_fit(self, spread: float, mean: float) -> None:
        random = np.random.default_rng(0)
        output = torch.from_numpy(random.normal(0, spread, 2_000)).float()[:, None]
        label = torch.from_numpy(random.exponential(mean, 2_000)).float()
        calibration = fit_moment(self.head(), output, label.double().mean().item())
        predicted = self.head().predict(output, calibration)["dwell"].double().sum().item()
        assert predicted == pytest.approx(label.double().sum().item(), rel=1e-4)

    def test_labels_of_zero_are_finite(self) -> None:
        calibration = fit_moment(self.head(), torch.zeros(9, 1), 0.0)
        assert isinstance(calibration, Moment)
        assert self.head().predict(torch.zeros(9, 1), calibration)["dwell"].sum() < 1e-3

    def test_half_of_the_rows_stay_below_their_median_however_skewed_the_errors(self) -> None:
        random = np.random.default_rng(0)
        output = torch.from_numpy(random.normal(0, 0.5, 5_001)).float()[:, None]
        head = self.head()
        bounced = random.random(5_001) < 0.3
        spread = np.where(bounced, random.uniform(-1.5, 0, 5_001), random.normal(0.3, 0.3, 5_001))
        growth = head.growth(output).numpy() * np.exp(spread)
        label = torch.from_numpy(head.statistics.scale_seconds * np.maximum(growth - 1, 0)).float()
        factor = median_factor(head, output, label)
        predicted = head.predict(output, Moment(median_factor=factor))["dwell_median"]
        assert (label <= predicted + 1e-4).float().mean().item() >= 0.5
        assert (label < predicted - 1e-4).float().mean().item() <= 0.5

    def test_the_more_is_seen_the_more_it_is_believed(self) -> None:
        random = np.random.default_rng(0)
        few, many = random.lognormal(3, 1.5, 200), random.lognormal(3, 1.5, 2_000_000)
        for seconds, nearer in ((few, 10.0), (many, float(many.mean()))):
            believed = believed_mean(seconds, 10.0)
            assert 10.0 < believed < float(seconds.mean())
            assert abs(believed - nearer) < 0.5 * abs(float(seconds.mean()) - 10.0)

    def test_durations_that_do_not_vary_are_believed_at_once(self) -> None:
        assert believed_mean(np.full(60, 7.0), 3.0) == 7.0


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
        found = fit_calibrations(network, batch)
        assert [type(found[name]) for name in ("click", "dwell", "buy")] == [Platt, Moment, Identity]
        outputs = network.eval()(batch.inputs)["click"][:200]
        predicted = network.head("click").predict(outputs, found["click"])["click"].sum().item()
        assert predicted == pytest.approx(batch.labels["click"][:200].sum().item(), rel=1e-3)

    def test_too_few_rows_fit_nothing(self) -> None:
        found = fit_calibrations(predictor().network, self.batch(60, observed=49))
        assert set(found.values()) == {Identity()}

    def test_rows_in_parts_give_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        network, batch = predictor().network, self.batch(300, observed=300)
        whole = fit_calibrations(network, batch)
        monkeypatch.setattr("training.evaluation.calibrate.BATCH_ROWS", 37)
        parts = fit_calibrations(network, batch)
        for name, calibration in whole.items():
            settings, others = calibration.model_dump(), parts[name].model_dump()
            assert settings.pop("kind") == others.pop("kind")
            assert others == pytest.approx(settings, rel=1e-3)

    def test_statistics_of_the_tiny_model_fit_its_tasks(self) -> None:
        assert statistics().keys() == {task.name for task in config().tasks}
