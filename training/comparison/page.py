"""The comparison as one HTML file that loads nothing, in the look of the report."""

from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean, stdev

from models.heads import Task
from training.comparison.measures import ASPECTS, DECIMALS, Aspect, Shown, shown
from training.comparison.paired import LEVEL, MIN_SEEDS, Verdict
from training.comparison.pictures import pictures
from training.comparison.resampling import NUM_RESAMPLES
from training.comparison.results import Compared, Comparison
from training.comparison.words import difference_words, duration_words, num_verdicts, parts_words
from training.report.figure import Picture, colour_of
from training.report.template import template

TEMPLATE = "comparison.html.jinja"
CLASSES: dict[Verdict, str] = {"better": "better", "worse": "worse"}


@dataclass(frozen=True)
class Cell:
    """One number of a variant, and how the configured model compares with it.

    Attributes:
        level: mean over the seeds, with their standard deviation.
        difference: configured less this, with its interval; empty for the configured model itself.
        parts: what the interval is made of.
        verdict: of the configured model; empty for itself.
        css: how the verdict looks.
    """

    level: str
    difference: str = ""
    parts: str = ""
    verdict: str = ""
    css: str = ""


@dataclass(frozen=True)
class Row:
    """A variant in a task's table."""

    title: str
    cells: list[Cell]


@dataclass(frozen=True)
class Section:
    """A task."""

    task: Task
    colour: str
    measures: list[Shown]
    rows: list[Row]
    pictures: list[Picture]
    num_observed: int | None


@dataclass(frozen=True)
class Cost:
    """What a variant took."""

    title: str
    num_trainings: int
    num_failed: int
    num_trials: int
    weights: str
    seconds: str


def render_comparison(comparison: Comparison, config_text: str) -> str:
    """The page as HTML; every name and value of the user's is escaped."""
    everyone = [comparison.configured, *comparison.baselines]
    return template("training.comparison", TEMPLATE).render(
        comparison=comparison,
        created_at=datetime.now(UTC),
        took=duration_words(comparison.seconds),
        matrix=[Row(row.variant.title, _matrix_cells(comparison, row)) for row in comparison.rivals],
        sections=[_section(comparison, task, colour_of(n)) for n, task in enumerate(comparison.config.tasks)],
        skipped=[row.variant for row in comparison.baselines if row.variant.skipped_because is not None],
        failures=[record for row in everyone for record in row.failures],
        alarms=[record for row in everyone for record in row.records if record.alarms],
        searches=[row for row in comparison.baselines if row.search is not None],
        costs=[_cost(row, comparison) for row in (comparison.configured, *comparison.rivals)],
        glossary=_glossary(comparison),
        num_verdicts=num_verdicts(comparison),
        level=f"{LEVEL:.0%}",
        chance=f"{(1 - LEVEL) * num_verdicts(comparison):.1f}",
        min_seeds=MIN_SEEDS,
        num_resamples=NUM_RESAMPLES,
        config_text=config_text,
    )


def _section(comparison: Comparison, task: Task, colour: str) -> Section:
    rows = [comparison.configured, *comparison.rivals]
    observed = {each.tasks[task.name].num_observed for row in rows for each in row.records if task.name in each.tasks}
    return Section(
        task=task,
        colour=colour,
        measures=[shown(task.kind, aspect) for aspect in ASPECTS],
        rows=[Row(row.variant.title, [_cell(comparison, row, task, aspect) for aspect in ASPECTS]) for row in rows],
        pictures=pictures(comparison, task),
        num_observed=max(observed, default=None),
    )


def _matrix_cells(comparison: Comparison, baseline: Compared) -> list[Cell]:
    return [_cell(comparison, baseline, task, "loss") for task in comparison.config.tasks]


def _cell(comparison: Comparison, row: Compared, task: Task, aspect: Aspect) -> Cell:
    values = [each.value for each in row.numbers(task.name, aspect).values() if each.value is not None]
    level = "-" if not values else f"{fmean(values):.{DECIMALS}f}"
    if len(values) > 1:
        level += f" ± {stdev(values):.{DECIMALS}f}"
    if row is comparison.configured:
        return Cell(level)
    found = comparison.against(row, task, aspect)
    css = CLASSES.get(found.verdict, "unsaid")
    return Cell(level, difference_words(found), parts_words(found), found.verdict, css)


def _cost(row: Compared, comparison: Comparison) -> Cost:
    done = [record for record in row.records if record.failure is None]
    by_seed = [[record for record in done if record.seed == seed] for seed in comparison.seeds]
    sets = [found for found in by_seed if found]
    weights = {sum(record.num_weights for record in found) for found in sets}
    return Cost(
        title=row.variant.title,
        num_trainings=len(row.records),
        num_failed=len(row.failures),
        num_trials=0 if row.search is None else len(row.search.trials),
        weights=f"{max(weights):,}" if weights else "-",
        seconds=duration_words(fmean(sum(record.seconds for record in found) for found in sets)) if sets else "-",
    )


def _glossary(comparison: Comparison) -> list[Shown]:
    """Showns of the kinds that occur, each once."""
    found = [shown(task.kind, aspect) for task in comparison.config.tasks for aspect in ASPECTS]
    return list({(measure.title, measure.meaning): measure for measure in found}.values())
