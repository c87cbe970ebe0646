"""The shapes that a probability can be calibrated by: what each finds, and what none of them changes."""

import numpy as np
import pytest
import torch
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from models.calibration import Identity, Platt
from models.calibration.setting import BinaryCalibrationKind
from training.evaluation.calibrate_binary import fit_binary
from training.evaluation.calibrate_isotonic import MIN_EVENTS
from training.evaluation.calibrate_platt import fit_platt
from training.evaluation.calibrate_smooth import NUM_KNOTS, fit_smooth

Floats = np.ndarray
KINDS = pytest.mark.parametrize("kind", ["platt", "isotonic", "smooth"])


def bent(logit: Floats) -> Floats:
    """What no line can make right: steep below, flat above."""
    return np.where(logit < -2, 1.6 * (logit + 2), 0.5 * (logit + 2)) - 2.5


def drawn(num_rows: int, truth: Floats | None = None, seed: int = 0) -> tuple[Floats, Floats]:
    random = np.random.default_rng(seed)
    logit = random.normal(-2, 1.2, num_rows)
    return logit, (random.random(num_rows) < expit(bent(logit) if truth is None else truth)).astype(float)


def after(kind: BinaryCalibrationKind, fitted_on: tuple[Floats, Floats], logit: Floats) -> Floats:
    return fit_binary(kind, *fitted_on).logit(torch.from_numpy(logit)).numpy()


def log_loss(logit: Floats, label: Floats) -> float:
    return float((np.logaddexp(0, logit) - label * logit).mean())


class TestAllShapes:
    @KINDS
    @pytest.mark.parametrize("level", [0.0, -3.0, 4.0])
    def test_totals_agree_on_the_rows_of_the_fit(self, kind: BinaryCalibrationKind, level: float) -> None:
        logit, label = drawn(30_000)
        found = expit(after(kind, (logit + level, label), logit + level))
        assert found.sum() == pytest.approx(label.sum(), rel=1e-4)

    @KINDS
    def test_the_order_stays_strictly(self, kind: BinaryCalibrationKind) -> None:
        logit, label = drawn(20_000)
        assert (np.diff(after(kind, (logit, label), np.sort(np.unique(logit)))) > 0).all()
        assert roc_auc_score(label, after(kind, (logit, label), logit)) == pytest.approx(roc_auc_score(label, logit))

    @KINDS
    @pytest.mark.parametrize("label", [0.0, 1.0])
    def test_one_outcome_says_nothing(self, kind: BinaryCalibrationKind, label: float) -> None:
        assert fit_binary(kind, np.linspace(-1, 1, 99), np.full(99, label)) == Identity()

    @KINDS
    @pytest.mark.parametrize("num_positives", [1, 3, 97])
    def test_a_few_events_make_no_infinite_logit(self, kind: BinaryCalibrationKind, num_positives: int) -> None:
        logit = np.linspace(-3, 3, 100)
        label = (np.arange(100) >= 100 - num_positives).astype(float)
        assert np.isfinite(after(kind, (logit, label), np.linspace(-30, 30, 99))).all()

    @KINDS
    def test_equal_scores_get_one_answer(self, kind: BinaryCalibrationKind) -> None:
        label = (np.arange(1_000) % 5 == 0).astype(float)
        assert expit(after(kind, (np.full(1_000, -0.3), label), np.array([-0.3])))[0] == pytest.approx(0.2, rel=1e-4)

    @KINDS
    def test_only_differences_of_weights_count(self, kind: BinaryCalibrationKind) -> None:
        logit, label = drawn(2_000)
        where = torch.linspace(-4, 0, 9, dtype=torch.float64)
        plain, weighted = fit_binary(kind, logit, label), fit_binary(kind, logit, label, np.full(2_000, 7.0))
        torch.testing.assert_close(weighted.logit(where), plain.logit(where))

    @KINDS
    def test_weighted_totals_agree_on_the_rows_of_the_fit(self, kind: BinaryCalibrationKind) -> None:
        logit, label = drawn(4_000)
        weight = 1 + np.arange(4_000) % 3.0
        found = fit_binary(kind, logit, label, weight)
        predicted = np.average(expit(found.logit(torch.from_numpy(logit)).numpy()), weights=weight)
        assert predicted == pytest.approx(np.average(label, weights=weight), rel=1e-4)

    def test_none_leaves_all_as_it_is(self) -> None:
        assert fit_binary("none", *drawn(500)) == Identity()


class TestBends:
    @pytest.mark.parametrize("kind", ["isotonic", "smooth"])
    def test_a_bend_is_found_that_no_line_can_make_right(self, kind: BinaryCalibrationKind) -> None:
        rows, (logit, label) = drawn(200_000), drawn(200_000, seed=1)
        logits = bent(logit), after("platt", rows, logit), after(kind, rows, logit)
        best, line, found = (log_loss(z, label) for z in logits)
        assert found - best < 0.15 * (line - best)

    def test_few_rows_bend_the_smooth_one_less_than_the_isotonic_one(self) -> None:
        losses: dict[str, list[float]] = {"smooth": [], "isotonic": []}
        for seed in range(8):
            rows, (logit, label) = drawn(600, seed=seed), drawn(20_000, seed=100)
            for kind, found in losses.items():
                found.append(log_loss(after(kind, rows, logit), label))  # type: ignore[arg-type]
        assert np.mean(losses["smooth"]) < np.mean(losses["isotonic"])

    def test_held_together_firmly_the_smooth_one_is_platts_line(self) -> None:
        logit, label = drawn(5_000)
        line, found = fit_platt(logit, label), fit_smooth(logit, label, bend_rows=1e9)
        assert isinstance(line, Platt)
        where = torch.linspace(-6, 2, 50, dtype=torch.float64)
        torch.testing.assert_close(found.logit(where), line.logit(where), atol=1e-3, rtol=0)

    def test_knots_are_few(self) -> None:
        logit, label = drawn(50_000)
        assert len(fit_binary("smooth", logit, label).inputs) <= NUM_KNOTS  # type: ignore[union-attr]
        isotonic = fit_binary("isotonic", logit, label)
        assert 2 < len(isotonic.inputs) <= label.sum() / MIN_EVENTS  # type: ignore[union-attr]
