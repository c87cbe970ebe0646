"""The page holds everything, loads nothing, and its curves obey their laws."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pyarrow.dataset as ds
import pytest
from sklearn.metrics import roc_auc_score

from models.calibration import Identity, Moment, Platt
from models.config import ModelConfig
from models.heads import BinaryStatistics, DurationStatistics
from training.config import EvaluationConfig
from training.data.windows import Window, Windows
from training.evaluation.evaluate import Evaluation, _evaluate_task
from training.evaluation.scored import Scored
from training.history import Alarm, History, Reading, Validation
from training.report import ReportData, render_report
from training.report.curves import Curve, gain, log_edges, mean_bins, rate_bins, roc, shares_between, spread
from training.report.durations import duration_text
from training.report.graph import draw_graph
from training.report.measures import BINARY, RATIO
from training.report.notes import notes
from training.report.series import averaged, series
from training.report.telemetry import equal_curves
from training.report.words import total_words

TASKS = ("click", "dwell", "conversion")
SUBNETS = ("embeddings", "shared", "heads.click", "heads.dwell", "heads.conversion", "weighting")
NASTY = '<script>alert("a & b")</script>'
MODEL = ModelConfig.model_validate(
    {
        "features": [
            {"name": "user_id", "kind": "categorical", "scope": "context"},
            {"name": NASTY, "kind": "numeric", "scope": "candidate"},
        ],
        "tasks": [
            {"name": "click", "label": "clicked", "kind": "binary"},
            {"name": "dwell", "label": "seconds", "kind": "duration", "reads": ["click"], "observed_when": "click"},
            {
                "name": "conversion",
                "label": "bought",
                "kind": "binary",
                "reads": ["click", {"task": "dwell", "stop_gradient": False}],
                "observed_when": "click",
            },
        ],
    }
)
STATISTICS = {
    "click": BinaryStatistics(num_observed=80_000, rate=0.12),
    "dwell": DurationStatistics(
        num_observed=9_600,
        mean_seconds=60,
        max_seconds=3_000,
        scale_seconds=30,
        log_mean=0.8,
        log_standard_deviation=0.7,
    ),
    "conversion": BinaryStatistics(num_observed=9_600, rate=0.03),
}
CONFIG_TOML = f"name = 'shop'\n# {NASTY}\n"


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def world(num_rows: int = 20_000, seed: int = 5) -> Scored:
    rng = np.random.default_rng(seed)
    true_click = sigmoid(-2.2 + 1.1 * rng.normal(size=num_rows))
    clicked = (rng.random(num_rows) < true_click).astype(float)
    true_mean = 60 * np.exp(0.6 * rng.normal(size=num_rows))
    seconds = true_mean * rng.exponential(size=num_rows) * (rng.random(num_rows) > 0.1) / 0.9
    true_buy = sigmoid(-3.8 + rng.normal(size=num_rows))
    bought = (rng.random(num_rows) < true_buy).astype(float)
    noise = np.exp(0.15 * rng.normal(size=num_rows))
    return Scored(
        labels={
            "click": clicked,
            "dwell": np.where(clicked > 0, seconds, np.nan),
            "conversion": np.where(clicked > 0, bought, np.nan),
        },
        predictions={
            "click": (true_click * noise).clip(0, 0.99),
            "dwell": true_mean * noise,
            "dwell_median": 0.7 * true_mean * noise,
            "conversion": (1.25 * true_buy * noise).clip(0, 0.99),
        },
        extra=pd.DataFrame(
            {
                "user_id": rng.integers(0, 2_000, num_rows),
                "placement": rng.choice(["home", "search", NASTY], num_rows, p=[0.6, 0.3, 0.1]),
                "true_click": true_click,
                "true_dwell": true_mean,
            }
        ),
    )


def evaluated(scored: Scored) -> Evaluation:
    config = EvaluationConfig(group_by="user_id", slice_by=("placement",))
    truth = {"click": "true_click", "dwell": "true_dwell"}
    tasks = {
        task.name: _evaluate_task(task, STATISTICS[task.name], scored.observed(task), config, truth)
        for task in MODEL.tasks
    }
    return Evaluation("date >= 14", len(scored), tasks)


def reading(step: int, sigmas: bool = True) -> Reading:
    fall = float(np.exp(-step / 400))
    wave = 0.01 * np.sin(step)
    losses = {
        "click": 0.86 + 0.14 * fall + wave,
        "dwell": 0.8 + 0.3 * fall - wave,
        "conversion": 0.95 + 0.1 * fall + wave,
    }
    return Reading(
        step=step,
        rows=step * 2_048,
        losses=losses,
        weights={name: 0.5 / loss for name, loss in losses.items()},
        sigmas={name: (2 * loss) ** 0.5 for name, loss in losses.items()} if sigmas else {},
        learning_rates={name: 1e-3 if "heads" in name else 1e-2 for name in SUBNETS},
        dead_unit_shares={"shared": 0.3 - 0.2 * fall, "heads.click": 0.62 - 0.6 * fall, "heads.dwell": 0.02},
    )


def validation(step: int, best_step: int = 1_600) -> Validation:
    above = abs(step - best_step) / 20_000
    losses = {"click": 0.865 + above, "dwell": 0.81 + above, "conversion": 0.96 + above}
    return Validation(step, step * 2_048, losses, sum(losses.values()) / 3, is_best=step <= best_step)


def history(**changes: object) -> History:
    found = History(
        readings=[reading(step) for step in range(1, 2_400, 20)],
        validations=[validation(step) for step in range(200, 2_401, 200)],
        alarms=[
            Alarm(
                1_800,
                "heads.click",
                "62% of its hidden units are zero for every row",
                'Lower the rate, or use "silu"',
                "dead_units",
            )
        ],
        stopped_because="no new best in 4 validations",
        num_steps=2_400,
        num_rows=2_400 * 2_048,
        seconds=187.3,
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def report_data(scored: Scored, **changes: object) -> ReportData:
    where = ds.scalar(True)
    run = ReportData(
        name="shop",
        version="20260115-060000",
        created_at=datetime(2026, 1, 15, 6, 0, tzinfo=UTC),
        config_toml=CONFIG_TOML,
        model=MODEL,
        windows=Windows(
            Window("train", where, "date < 12", 80_000),
            Window("validation", where, "date >= 12 and date < 14", 20_000),
            Window("test", where, "date >= 14", len(scored)),
            [date(2026, 1, 5), date(2026, 1, 6)],
        ),
        null_shares={"user_id": 0.0, NASTY: 0.613},
        statistics=STATISTICS,
        history=history(),
        calibrations={
            "click": Platt(slope=0.93, intercept=-0.04),
            "dwell": Moment(factor=1.31),
            "conversion": Identity(),
        },
        evaluation=evaluated(scored),
        scored=scored,
    )
    return replace(run, **changes)  # type: ignore[arg-type]


class Page(HTMLParser):
    """What a browser would see: addresses, sections, texts, exact numbers by head and measure."""

    VOID = frozenset({"meta", "img", "link", "br", "circle", "rect", "path", "input"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.numbers: list[tuple[str, float]] = []
        self._measure = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags[tag] += 1
        self.addresses += [value or "" for key, value in attrs if key in {"src", "href", "srcset", "action", "data"}]
        self.ids += [found["id"]] if found.get("id") else []
        self._measure = found.get("data-measure") or self._measure
        if tag == "data":
            self.numbers.append((self._measure, float(found["value"] or "nan")))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def scored() -> Scored:
    return world()


@pytest.fixture(scope="module")
def run(scored: Scored) -> ReportData:
    return report_data(scored)


@pytest.fixture(scope="module")
def html(run: ReportData) -> str:
    return render_report(run)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def rendered(run: ReportData) -> Page:
    """Render, and check what holds for every page."""
    html = render_report(run)
    page = Page(html)
    assert page.open == []
    assert not re.search(r"\b(nan|inf|None|Undefined)\b", page.text)
    assert not re.search(r'"(nan|inf|None)"', html)
    return page


class TestPage:
    def test_loads_nothing(self, html: str, page: Page) -> None:
        assert page.tags["script"] == page.tags["link"] == page.tags["iframe"] == 0
        assert [a for a in page.addresses if not a.startswith(("#", "data:image/"))] == []
        assert "url(http" not in html
        assert "@import" not in html

    def test_is_well_formed_and_every_anchor_has_a_target(self, html: str, page: Page) -> None:
        assert html.startswith("<!doctype html>")
        assert page.open == []
        assert len(page.ids) == len(set(page.ids))
        assert {a[1:] for a in page.addresses if a.startswith("#")} <= set(page.ids)

    def test_holds_every_section_and_task(self, page: Page) -> None:
        for section in ("results", "training", "heads", "slices", "tasks", "data", "configuration", "glossary"):
            assert section in page.ids
        for task in TASKS:
            assert f"head-{task}" in page.ids
            assert f"{task}: loss" in page.text
        for title in ("Learned sigmas", "Loss factors", "Learning rates", "Dead units", "ROC", "Cumulative gain"):
            assert title in page.text

    def test_has_a_picture_of_everything(self, page: Page) -> None:
        training, heads, slices = 3 + 2 + 2, 3 * 3, 2  # of click and conversion
        assert page.tags["img"] == training + heads + slices

    def test_stays_small(self, html: str) -> None:
        assert len(html) < 2_000_000

    def test_numbers_are_the_evaluation_s(self, run: ReportData, page: Page) -> None:
        expected = [
            (key, value)
            for task in TASKS
            for key in dict.fromkeys(name for name, _ in page.numbers)
            for value in (run.evaluation.tasks[task].metrics.get(key), run.evaluation.tasks[task].base.get(key))
            if value is not None
        ]
        shown = list(page.numbers)
        for number in expected:
            shown.remove(number)
        assert shown == []

    def test_says_what_a_head_can_do(self, run: ReportData, page: Page) -> None:
        metrics = run.evaluation.tasks["click"].metrics
        assert f"Ranks {metrics['auc']:.1%} of pairs correctly" in page.text
        assert f"removes {1 - metrics['normalised_entropy']:.1%} of the base rate's uncertainty" in page.text
        assert f"Captured {metrics['captured']:.0%} of what can be known" in page.text
        assert f"normalised entropy {metrics['oracle_normalised_entropy']:.4f}" in page.text
        assert f"deviance {run.evaluation.tasks['dwell'].metrics['oracle_deviance']:.4f}" in page.text

    def test_alarms_and_notes_are_at_the_top(self, page: Page) -> None:
        top = page.text[: page.text.index("Ranks")]
        for text in (
            "heads.click",
            "62% of its hidden units",
            'use "silu"',
            "2026-01-05",
            "no new best",
            "missing in 61%",
        ):
            assert text in top
        assert "conversion: predicted / observed is" in top
        assert "No alarm" not in page.text

    def test_a_quiet_run_says_so(self) -> None:
        assert "No alarm." in rendered(report_data(world(1), history=history(alarms=[]))).text

    def test_names_and_values_are_escaped(self, html: str, page: Page) -> None:
        assert "<script" not in html
        assert page.text.count(NASTY) >= 4  # feature, note, slices, configuration

    def test_slices_show_their_rows(self, run: ReportData, page: Page) -> None:
        for task in TASKS:
            for value, metrics in run.evaluation.tasks[task].slices["placement"].items():
                assert f"{value} {metrics['num_observed']:,.0f}" in page.text

    def test_tells_who_reads_whom(self, page: Page) -> None:
        assert "dwell reads click's output (stop-gradient); its label counts where click is positive." in page.text
        assert "dwell's output (its loss also trains that head)" in page.text


class TestEdgeCases:
    def test_an_evaluation_has_no_training(self, run: ReportData) -> None:
        page = rendered(replace(run, history=None, version=None))
        assert "training" not in page.ids
        assert "#training" not in page.addresses
        assert "alarm" not in page.text.lower()

    @pytest.mark.parametrize(
        "seen",
        [
            History(),
            History(readings=[reading(1)]),
            History(readings=[reading(1)], validations=[validation(20)], num_steps=20, num_rows=40, seconds=0.4),
            History(
                readings=[Reading(1, 1, {}, {}, {}, {}, {})], validations=[Validation(1, 1, {}, float("inf"), True)]
            ),
            history(readings=[replace(reading(s), losses={"click": float("nan")}) for s in (1, 21)]),
        ],
        ids=["nothing", "one reading", "one validation", "no label", "not finite"],
    )
    def test_short_histories(self, seen: History) -> None:
        rendered(report_data(world(1), history=seen))

    def test_fixed_weights_have_no_sigmas(self) -> None:
        fixed = history(readings=[replace(reading(s, sigmas=False), weights={"click": 0.0}) for s in (1, 21, 41)])
        page = rendered(report_data(world(1), history=fixed, weighting="fixed"))
        assert "Learned sigmas" not in page.text
        assert "fixed in the configuration" in page.text

    def test_a_task_without_a_label(self, scored: Scored) -> None:
        nothing = np.full(len(scored), np.nan)
        page = rendered(report_data(replace(scored, labels=dict.fromkeys(TASKS, nothing)), history=None))
        assert page.text.count("nothing can be said") == 3

    @pytest.mark.parametrize("outcome", [0.0, 1.0])
    def test_one_outcome_only(self, scored: Scored, outcome: float) -> None:
        labels = {name: np.where(np.isnan(label), label, outcome) for name, label in scored.labels.items()}
        page = rendered(report_data(replace(scored, labels=labels), history=None))
        assert page.text.count("Only one outcome occurs") == 2

    def test_constant_predictions(self, scored: Scored) -> None:
        predictions = {name: np.full(len(scored), 0.01) for name in scored.predictions}
        rendered(report_data(replace(scored, predictions=predictions), history=None))
        predictions = {name: 0 * constant for name, constant in predictions.items()}
        rendered(report_data(replace(scored, predictions=predictions), history=None))

    @pytest.mark.parametrize("num_rows", [1, 2, 30])
    def test_few_rows(self, num_rows: int) -> None:
        few = world(num_rows)
        few.labels["dwell"][:] = 12.5
        rendered(report_data(few, history=None))

    def test_notes_of_a_calm_run(self, run: ReportData) -> None:
        calm = replace(run, windows=replace(run.windows, days_without_rows=[]), null_shares={}, history=history())
        assert "attention" not in {note.level for note in notes(calm) if "conversion" not in note.text}


class TestCurves:
    @pytest.fixture
    def rng(self) -> np.random.Generator:
        return np.random.default_rng(11)

    def test_bins_hold_all_rows_in_order(self, rng: np.random.Generator) -> None:
        probability = rng.beta(1, 20, 5_003)
        label = (rng.random(5_003) < probability).astype(float)
        bins = rate_bins(label, probability)
        assert len(bins.rows) == 20
        assert bins.rows.sum() == 5_003
        assert bins.rows.max() - bins.rows.min() <= 2
        assert (np.diff(bins.predicted) > 0).all()
        assert (bins.observed * bins.rows).sum() == pytest.approx(label.sum())
        assert ((bins.low <= bins.observed) & (bins.observed <= bins.high)).all()

    def test_equal_predictions_share_a_bin(self, rng: np.random.Generator) -> None:
        probability = rng.choice([0.1, 0.2, 0.7], 900)
        bins = rate_bins((rng.random(900) < 0.3).astype(float), probability)
        assert bins.predicted.tolist() == pytest.approx([0.1, 0.2, 0.7])

    def test_what_is_calibrated_agrees(self, rng: np.random.Generator) -> None:
        found, total = 0, 0
        for _ in range(10):
            probability = rng.beta(1, 15, 20_000)
            mean = rng.gamma(2, 30, 5_000)
            for bins in (
                rate_bins((rng.random(20_000) < probability).astype(float), probability),
                mean_bins(mean * rng.exponential(size=5_000), mean),
            ):
                found, total = found + bins.num_agreeing, total + len(bins.rows)
        assert found / total > 0.9

    def test_what_is_not_calibrated_disagrees(self, rng: np.random.Generator) -> None:
        probability = rng.beta(1, 15, 50_000)
        label = (rng.random(50_000) < probability).astype(float)
        assert rate_bins(label, 1.4 * probability).num_agreeing < 10

    @pytest.mark.parametrize("decimals", [9, 2, 1])
    def test_roc_area_is_the_auc(self, rng: np.random.Generator, decimals: int) -> None:
        score = rng.random(30_000).round(decimals)
        label = (rng.random(30_000) < 0.3 * score).astype(float)
        curve = roc(label, score)
        assert curve.area == pytest.approx(roc_auc_score(label, score), abs=1e-12)
        assert len(curve.thinned().x) <= 251
        assert curve.thinned().area == pytest.approx(curve.area, abs=1e-3)

    def test_gain_of_a_perfect_and_of_no_order(self) -> None:
        label = np.repeat([1.0, 0.0], [100, 900])
        assert gain(label, label).at(0.1) == pytest.approx(1.0)
        assert gain(label, np.zeros(1_000)).at(0.1) == pytest.approx(0.1)

    def test_thinning_keeps_both_ends(self) -> None:
        x = np.linspace(0, 1, 5_000)
        thin = Curve(x, x**3).thinned(50)
        assert (thin.x[0], thin.x[-1], thin.y[-1]) == (0.0, 1.0, 1.0)

    def test_shares_hold_all_rows(self, rng: np.random.Generator) -> None:
        seconds = np.append(rng.exponential(80, 999), 0.0)
        assert shares_between(seconds, log_edges(float(seconds.max()))).sum() == pytest.approx(1.0)
        assert shares_between(np.zeros(5), log_edges(0.0)).sum() == pytest.approx(1.0)

    def test_spread_holds_its_share(self, rng: np.random.Generator) -> None:
        median = rng.gamma(2, 30, 20_000)
        label = median * rng.exponential(size=20_000) / np.log(2)
        predicted, (half,) = spread(label, median, (0.5,))
        assert half == pytest.approx(predicted, rel=0.15)

    def test_long_series_are_averaged(self) -> None:
        steps = np.arange(10_000.0)
        curve = averaged(steps, 2 * steps, 100)
        assert len(curve.x) == 100
        assert curve.y == pytest.approx(2 * curve.x)
        assert set(series([reading(1)], lambda r: r.losses)) == set(TASKS)


class TestMeasures:
    def test_equal_curves_are_drawn_once(self) -> None:
        rates = series([reading(1), reading(21)], lambda r: r.learning_rates)
        assert [names for names, _ in equal_curves(rates)] == [
            ["embeddings", "shared", "weighting"],
            ["heads.click", "heads.dwell", "heads.conversion"],
        ]

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [(0, "0 s"), (0.144, "0.14 s"), (36.2, "36 s"), (60, "1 min"), (90, "90 s"), (175, "2.9 min")],
    )
    def test_durations_as_people_say_them(self, seconds: float, text: str) -> None:
        assert duration_text(seconds) == text

    @pytest.mark.parametrize(
        ("ratio", "text"),
        [
            (1.0, "predicts the right total"),
            (1.012, "predicts 1.2% too many"),
            (0.9, "predicts 10.0% too few"),
            (3.2, "predicts 3.2 times as many as happened"),
            (None, ""),
        ],
    )
    def test_totals_in_words(self, ratio: float | None, text: str) -> None:
        assert total_words(ratio, "many") == text

    def test_better_is_towards_the_goal(self) -> None:
        by_key = {measure.key: measure for measure in BINARY}
        assert by_key["auc"].verdict(0.7, 0.5) == "better"
        assert by_key["log_loss"].verdict(0.7, 0.5) == "worse"
        assert by_key["log_loss"].verdict(0.50001, 0.5) == "same"
        assert RATIO.verdict(0.95, 1.2) == "better"
        assert RATIO.verdict(2.0, 0.6) == "worse"
        assert RATIO.verdict(None, 0.6) == ""

    def test_a_task_is_drawn_below_all_it_depends_on(self) -> None:
        drawing = draw_graph(MODEL)
        heights = {box.name: box.y for box in drawing.boxes}
        assert heights["click"] < heights["dwell"] < heights["conversion"]
        assert Counter(arrow.kind for arrow in drawing.arrows) == {"reads-stopped": 2, "reads": 1, "observed": 2}
