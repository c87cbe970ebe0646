"""The same few numbers for parts of the test window."""

from collections.abc import Mapping
from dataclasses import dataclass

from training.evaluation.by_kind import Metrics
from training.report.data import ReportData
from training.report.measures import BIAS, MEASURES, RATIO, Measure
from training.report.notes import is_trusted

SHOWN = {
    "binary": ("auc", "gauc", "normalised_entropy"),
    "duration": ("mae_seconds", "xauc", "coverage"),
    "regression": ("r2", "rmse", "xauc"),
    "value": ("normalised_gini", "deviance_left"),
}
JUDGED = {"binary": RATIO, "duration": RATIO, "regression": BIAS, "value": RATIO}
"""What tells whether a head's level is right."""
LEVELS = {
    "binary": Measure("rate", "Observed rate", 4, "higher", "Share of positives."),
    "duration": Measure("mean_seconds", "Observed mean", 2, "higher", "Mean duration.", unit=" s"),
    "regression": Measure("mean", "Observed mean", None, "higher", "Mean label."),
    "value": Measure("mean", "Observed mean", None, "higher", "Mean amount."),
}


@dataclass(frozen=True)
class Cell:
    """One number; `is_odd` makes it stand out."""

    text: str
    is_odd: bool = False


@dataclass(frozen=True)
class SliceTable:
    """One task by the values of one column."""

    task: str
    column: str
    titles: list[str]
    rows: list[tuple[str, list[Cell]]]


def slice_tables(run: ReportData) -> list[SliceTable]:
    """All tables with a row in them, by column and then by task."""
    tables = [
        table_of(task.name, column, run.measured(task).kind, slices)
        for task in run.model.tasks
        for column, slices in run.measured(task).slices.items()
        if slices
    ]
    return sorted(tables, key=lambda table: table.column)


def table_of(task: str, column: str, kind: str, metrics: Mapping[str, Metrics]) -> SliceTable:
    """One task of a kind, by the values of a column."""
    keys = {key for values in metrics.values() for key in values}
    judged = JUDGED[kind]
    measures = [LEVELS[kind]]
    measures += [m for m in MEASURES[kind] if m.key in SHOWN[kind] and m.key in keys]
    rows = []
    for value, numbers in metrics.items():
        cells = [
            Cell(f"{numbers.get('num_observed') or 0:,.0f}"),
            Cell(judged.text(numbers.get(judged.key)), is_odd=not is_trusted(numbers)),
        ]
        cells += [Cell(measure.text(numbers.get(measure.key))) for measure in measures]
        rows.append((value, cells))
    return SliceTable(task, column, ["Rows", judged.title, *(m.title for m in measures)], rows)
