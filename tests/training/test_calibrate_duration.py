"""Calibration of a duration: totals agree, half of the rows stay below the median."""

import numpy as np
import pytest
import torch

from models.calibration import Moment
from models.heads import DurationHead
from tests.models.tiny import predictor
from training.evaluation.believed import believed_mean
from training.evaluation.calibrate_duration import mean_factor, median_factor


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
        calibration = Moment(factor=mean_factor(self.head(), output, label.double().mean().item()))
        predicted = self.head().predict(output, calibration)["dwell"].double().sum().item()
        assert predicted == pytest.approx(label.double().sum().item(), rel=1e-4)

    def test_labels_of_zero_are_finite(self) -> None:
        calibration = Moment(factor=mean_factor(self.head(), torch.zeros(9, 1), 0.0))
        assert self.head().predict(torch.zeros(9, 1), calibration)["dwell"].sum() < 1e-3

    def test_half_of_the_rows_stay_below_their_median_however_skewed_the_errors(self) -> None:
        random = np.random.default_rng(0)
        output = torch.from_numpy(random.normal(0, 0.5, 5_001)).float()[:, None]
        head = self.head()
        bounced = random.random(5_001) < 0.3
        spread = np.where(bounced, random.uniform(-1.5, 0, 5_001), random.normal(0.3, 0.3, 5_001))
        growth = head.growths(output).median.numpy() * np.exp(spread)
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
