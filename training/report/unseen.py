"""Cold start: the slices' numbers for values that the model knows beside those that are new to it."""

from collections.abc import Sequence

from models.config import ModelConfig
from models.features import CategoricalFeature
from models.features.rules import owner_of, vocabulary_owners
from models.features.vocabulary import LearnedVocabularyConfig
from training.evaluation.by_kind import Metrics
from training.evaluation.unseen import FEWEST_OF_EACH, FEWEST_ROWS
from training.report.data import ReportData
from training.report.slices import Cell, SliceTable, table_of

TOO_FEW = "too few rows"
UNSEEN_SHOWS = (
    "Rows whose value of a feature in evaluation.unseen the model knows, beside rows whose value is new to it; rows "
    f"without a value are in neither. Below {FEWEST_ROWS} rows, or {FEWEST_OF_EACH} of either outcome, only their "
    "number is told. New rows are other users or items, so they may be easier or harder by themselves: what a model "
    "without this feature would reach on them is the measure of a cold start."
)


def unseen_tables(run: ReportData) -> list[SliceTable]:
    """All tables, by feature and then by task; empty where none was asked for."""
    tables = []
    for task in run.model.tasks:
        measured = run.measured(task)
        for feature, groups in measured.unseen.items():
            table = table_of(task.name, feature, measured.kind, groups)
            rows = [(group, _honest(cells, groups[group])) for group, cells in table.rows]
            tables.append(SliceTable(task.name, feature, table.titles, rows))
    return sorted(tables, key=lambda table: table.column)


def _honest(cells: Sequence[Cell], metrics: Metrics) -> list[Cell]:
    """The number of rows alone, where there were too few to measure."""
    return list(cells) if len(metrics) > 1 else [cells[0], *(Cell(TOO_FEW) for _ in cells[1:])]


def new_words(model: ModelConfig, features: Sequence[str]) -> list[str]:
    """What `new` means, a sentence a feature: a vocabulary leaves out what it saw too seldom."""
    owners = vocabulary_owners(model.features, model.crosses)
    found = {f.name: f for f in model.features if isinstance(f, CategoricalFeature) and f.name in features}
    return [_sentence(name, owners[owner_of(feature)]) for name, feature in found.items()]


def _sentence(name: str, vocabulary: object) -> str:
    assert isinstance(vocabulary, LearnedVocabularyConfig)
    if vocabulary.max_size is not None:
        return f"{name}: never in the training window, or not among its {vocabulary.max_size:,} most frequent values."
    if vocabulary.min_count > 1:
        return f"{name}: never in the training window, or fewer than {vocabulary.min_count} times."
    return f"{name}: never in the training window."
