"""What a person is told of a regression: on the page and in the terminal."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from models.calibration import Calibration, Identity, Line
from models.config import ModelConfig
from models.heads import LabelStatistics, RegressionStatistics
from tests.training.test_report import STATISTICS, Page, rendered, report_data
from tests.training.test_report import world as mixed_world
from training.amounts import amount_text, tick_text
from training.config import EvaluationConfig
from training.evaluation.evaluate import Evaluation, TaskEvaluation, _evaluate_task
from training.evaluation.scored import Scored
from training.report import ReportData
from training.report.measures import BIAS
from training.report.notes import notes
from training.report.words import base_words, calibration_words, regression_sentence
from training.terminal import print_table

IN_LABEL_UNIT = {"rmse", "mae", "bias", "mean", "standard_deviation"}
MODEL = ModelConfig.model_validate(
    {
        "features": [{"name": "user_id", "kind": "categorical", "scope": "context"}],
        "tasks": [
            {"name": "click", "label": "clicked", "kind": "binary"},
            {"name": "profit", "label": "euros", "kind": "regression", "reads": ["click"], "observed_when": "click"},
        ],
    }
)
PROFIT = RegressionStatistics(num_observed=9_000, mean=-0.5, standard_deviation=2.24, min=-11, max=9)
LABELS: dict[str, LabelStatistics] = {"click": STATISTICS["click"], "profit": PROFIT}
CALIBRATIONS: dict[str, Calibration] = {"click": Identity(), "profit": Line(slope=0.9, intercept=-0.0123)}


def world(factor: float = 1.0, bias: float = 0.0, num_rows: int = 8_000) -> Scored:
    rng = np.random.default_rng(5)
    clicked = (rng.random(num_rows) < 0.5).astype(float)
    truth = -0.5 + rng.normal(size=num_rows)
    label = truth + 2 * rng.normal(size=num_rows)
    place = rng.choice(["home", "search"], num_rows)
    prediction = truth + 0.3 * rng.normal(size=num_rows) + bias + np.where(place == "search", 0.6, -0.2)
    return Scored(
        labels={"click": clicked, "profit": np.where(clicked > 0, factor * label, np.nan)},
        predictions={"click": np.full(num_rows, 0.5), "profit": factor * prediction},
        extra=pd.DataFrame({"place": place, "true_profit": factor * truth}),
    )


def evaluated(scored: Scored, factor: float = 1.0) -> Evaluation:
    config = EvaluationConfig(slice_by=("place",))
    unit = {"mean": PROFIT.mean * factor, "standard_deviation": PROFIT.standard_deviation * factor}
    statistics = {**LABELS, "profit": PROFIT.model_copy(update=unit)}
    return Evaluation(
        "date >= 14",
        len(scored),
        {
            task.name: _evaluate_task(
                task, statistics[task.name], scored.observed(task), config, {"profit": "true_profit"}
            )
            for task in MODEL.tasks
        },
    )


def run_of(scored: Scored, evaluation: Evaluation | None = None, **changes: Any) -> ReportData:
    settings: dict[str, Any] = {"model": MODEL, "statistics": LABELS, "calibrations": CALIBRATIONS, "history": None}
    evaluation = evaluation or evaluated(scored)
    return replace(report_data(mixed_world(500)), **{**settings, **changes}, scored=scored, evaluation=evaluation)


@pytest.fixture(scope="module")
def scored() -> Scored:
    return world()


@pytest.fixture(scope="module")
def measured(scored: Scored) -> TaskEvaluation:
    return evaluated(scored).tasks["profit"]


@pytest.fixture(scope="module")
def page(scored: Scored) -> Page:
    return rendered(run_of(scored))


class TestEvaluation:
    def test_only_observed_rows_count_beside_the_training_mean(self, scored: Scored, measured: TaskEvaluation) -> None:
        label = scored.labels["profit"]
        seen = label[~np.isnan(label)]
        assert (measured.kind, measured.num_observed) == ("regression", len(seen))
        assert measured.metrics["mean"] == pytest.approx(seen.mean())
        assert measured.base["rmse"] == pytest.approx(np.sqrt(np.square(seen - PROFIT.mean).mean()))
        assert measured.base["bias"] == pytest.approx(PROFIT.mean - seen.mean())
        assert measured.base["xauc"] == 0.5

    def test_the_truth_is_captured_in_part(self, measured: TaskEvaluation) -> None:
        captured, oracle = measured.metrics["captured"], measured.metrics["oracle_r2"]
        assert captured is not None
        assert oracle is not None
        assert 0.3 < captured < 0.9
        assert oracle == pytest.approx(0.2, abs=0.04)
        assert measured.metrics["r2"] == pytest.approx(captured * oracle)

    def test_slices_have_their_own_level(self, measured: TaskEvaluation) -> None:
        biases = {place: found["bias"] for place, found in measured.slices["place"].items()}
        assert biases == pytest.approx({"home": -0.2, "search": 0.6}, abs=0.12)

    @pytest.mark.parametrize("factor", [1e-3, 1e6])
    def test_a_unit_scales_errors_and_nothing_else(self, measured: TaskEvaluation, factor: float) -> None:
        other = evaluated(world(factor), factor).tasks["profit"]
        for mine, theirs in ((measured.metrics, other.metrics), (measured.base, other.base)):
            scaled = {k: v * factor if k in IN_LABEL_UNIT else v for k, v in mine.items() if v is not None}
            assert {k: theirs[k] for k in scaled} == pytest.approx(scaled, rel=1e-6)


class TestPage:
    def test_says_what_the_head_can_do(self, page: Page, measured: TaskEvaluation) -> None:
        found = measured.metrics
        assert f"Explains {found['r2']:.1%} of the variance; orders {found['xauc']:.1%} of pairs correctly" in page.text
        assert (
            f"root mean squared error of {found['rmse']:.3f} (always the mean: {measured.base['rmse']:.3f})"
            in page.text
        )
        assert (
            f"Captured {found['captured']:.0%} of what can be known; the truth would have an R squared of" in page.text
        )
        assert "base mean -0.5000, deviation 2.240, mean " in page.text
        assert "0.9000 x standardised value - 0.0123. The head was over-confident" in page.text

    def test_numbers_are_the_evaluations(self, page: Page, measured: TaskEvaluation) -> None:
        shown = [(key, value) for key, value in page.numbers if key in measured.metrics]
        for key in ("r2", "rmse", "mae", "xauc", "bias"):
            assert (key, measured.metrics[key]) in shown
            assert (key, measured.base[key]) in shown

    def test_has_its_pictures(self, page: Page) -> None:
        assert page.tags["img"] == 4 + 3  # click's, of which one is of its slices, and profit's
        for title in ("Predicted against observed", "Spread around the prediction", "nine tenths within"):
            assert title in page.text

    def test_explains_its_measures(self, page: Page) -> None:
        for text in ("R squared", "Share of the label's variance", "Predicted mean less observed mean", "0 is right"):
            assert text in page.text

    def test_a_wrong_level_is_marked(self, scored: Scored) -> None:
        far = world(bias=1.0)
        texts = [note.text for note in notes(run_of(far))]
        assert any("profit: the predicted mean is 1." in text and "too high, more than 10%" in text for text in texts)
        assert not any("profit" in note.text for note in notes(run_of(scored)) if "too" in note.text)

    def test_worse_than_the_mean_is_said(self, scored: Scored) -> None:
        upside_down = replace(scored, predictions={**scored.predictions, "profit": -scored.predictions["profit"]})
        page = rendered(run_of(upside_down))
        assert "profit: no better than knowing the test window's mean alone" in page.text
        assert "to the variance of the labels" in page.text

    @pytest.mark.parametrize(("label", "prediction"), [(3.0, 3.0), (0.0, 1.0), (-1e9, 1e9), (1e-9, 0.0)])
    def test_constants_can_be_drawn(self, scored: Scored, label: float, prediction: float) -> None:
        labels = np.where(np.isnan(scored.labels["profit"]), np.nan, label)
        constant = replace(
            scored,
            labels={**scored.labels, "profit": labels},
            predictions={**scored.predictions, "profit": np.full(len(scored), prediction)},
        )
        assert "Saw only one value" in rendered(run_of(constant)).text

    @pytest.mark.parametrize("factor", [1e-30, 1e-5, 1e9, 1e30])
    def test_any_unit_can_be_drawn(self, factor: float) -> None:
        scored = world(factor, num_rows=500)
        assert rendered(run_of(scored, evaluated(scored, factor))).tags["img"] == 7

    @pytest.mark.parametrize("num_seen", [0, 1, 2])
    def test_a_task_with_hardly_a_label(self, scored: Scored, num_seen: int) -> None:
        labels = np.full(len(scored), np.nan)
        labels[:num_seen] = 1.0
        rendered(run_of(replace(scored, labels={**scored.labels, "profit": labels})))


class TestWords:
    @pytest.mark.parametrize(
        ("value", "text"),
        [(0, "0"), (1, "1.000"), (-3.14159, "-3.142"), (2019.3, "2,019"), (1234567.8, "1,234,568"),
         (0.012345, "0.01235"), (1e-9, "1.000e-09"), (-2.5e20, "-2.500e+20"), (0.00031, "0.0003100")],
    )  # fmt: skip
    def test_amounts(self, value: float, text: str) -> None:
        assert amount_text(value) == text

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (0.0, "0"),
            (-2.5, "-2.5"),
            (0.1 + 0.2, "0.3"),
            (2019.25, "2,019.25"),
            (1e6, "1,000,000"),
            (-2.5e7, "-2.5e+07"),
        ],
    )
    def test_ticks(self, value: float, text: str) -> None:
        assert tick_text(value) == text

    def test_zero_is_right_for_a_bias(self) -> None:
        assert BIAS.verdict(-0.1, 0.2) == "better"
        assert BIAS.verdict(-0.3, 0.2) == "worse"
        assert BIAS.verdict(0.2, 0.2) == "same"
        assert BIAS.text(float("nan")) == "-"

    def test_without_numbers(self) -> None:
        assert regression_sentence({"bias": 0.0}, {}) == (
            "Saw only one value in the test window, so nothing could be explained; predicts the right mean."
        )
        assert base_words(PROFIT, {}) == "base mean -0.5000, deviation 2.240"
        assert "+ 0.2000. The head's spread was right." in calibration_words(Line(intercept=0.2))

    def test_the_terminal_shows_it(self, scored: Scored) -> None:
        text = io.StringIO()
        print_table(Console(file=text, width=120), evaluated(scored))
        for word in ("R squared", "RMSE", "absolute error", "bias", "captured share"):
            assert word in text.getvalue()
        assert "profit is no better" not in text.getvalue()
