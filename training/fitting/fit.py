"""The one pass: everything the model needs to know of the training window before it trains."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat

import numpy as np

from models.columns import Bags, Categories, Column, Columns
from models.config import ModelConfig
from models.encoder import Encoder, Fitted
from models.errors import DataError
from models.features import Feature, NumericFeature
from models.features.crossed import crossed
from models.features.rules import owner_of, vocabulary_owners
from models.features.vocabulary import HashVocabulary, HashVocabularyConfig, Vocabulary
from models.heads import LabelStatistics
from training.data.labels import Labels
from training.fitting.categories import VocabularyFit
from training.fitting.labels import LabelFit
from training.fitting.numeric import NumericFit
from training.fitting.past import Histories, PastFit, Times
from training.fitting.past_totals import PastTotals
from training.growth.inheritance import Inheritance

Rows = tuple[Columns, Labels, int] | tuple[Columns, Labels, int, Times | None]
"""A chunk: columns, labels, number of rows and, where there are past rates, their times."""


@dataclass
class FittedData:
    """The result of the pass.

    Attributes:
        encoder: ready to encode.
        statistics: of each task's label.
        histories: the past rates of training rows, each as of its own time.
        null_shares: by feature, the share of training rows where it is missing.
        num_rows: rows of the pass.
        inheritance: what later runs grow from; None where none are to.
    """

    encoder: Encoder
    statistics: dict[str, LabelStatistics]
    histories: Histories = field(default_factory=lambda: Histories(()))
    null_shares: dict[str, float] = field(default_factory=dict)
    num_rows: int = 0
    inheritance: Inheritance | None = None


class DataFit:
    """Collects from chunks of typed columns and labels; past rates go on from carried sums, where there are some."""

    def __init__(self, config: ModelConfig, seed: int, carried: Sequence[PastTotals] = ()) -> None:
        self._features: Sequence[Feature] = config.features
        self._crosses = config.crosses
        self._owners = vocabulary_owners(config.features, config.crosses)
        self._vocabularies = {
            name: VocabularyFit(kind)
            for name, kind in self._owners.items()
            if not isinstance(kind, HashVocabularyConfig)
        }
        self._numerics = {f.name: NumericFit(f, seed) for f in config.features if isinstance(f, NumericFeature)}
        self._labels = {task.name: LabelFit(task, seed) for task in config.tasks}
        self._past = [
            PastFit(each, config.tasks, sums)
            for each, sums in zip(config.past_rates, carried or repeat(None), strict=False)
        ]
        self._num_present = dict.fromkeys((f.name for f in config.features), 0)
        self._num_rows = 0

    def add(self, columns: Columns, labels: Labels, num_rows: int, times: Times | None = None) -> None:
        """Take in a chunk; past rates need its times."""
        self._num_rows += num_rows
        for feature in self._features:
            column = columns[feature.name]
            self._num_present[feature.name] += _num_present(column)
            if isinstance(feature, NumericFeature):
                assert isinstance(column, np.ndarray)
                self._numerics[feature.name].add(column)
            elif (owner := owner_of(feature)) in self._vocabularies:
                assert isinstance(column, Categories | Bags)
                self._vocabularies[owner].add(column)
        self._add_crosses(columns)
        for name, fit in self._labels.items():
            fit.add(labels[name])
        for past in self._past:
            assert times is not None, "past rates need the times of the rows"
            past.add(columns, labels, times)

    def _add_crosses(self, columns: Columns) -> None:
        for cross in self._crosses:
            if cross.name in self._vocabularies:
                parts = [part for name in cross.of if isinstance(part := columns[name], Categories)]
                self._vocabularies[cross.name].add(crossed(parts))

    def result(self) -> FittedData:
        """What was measured.

        Raises:
            DataError: a feature is missing in every row, or a label has nothing to learn from.
        """
        self._refuse_all_null()
        vocabularies = {name: self._vocabulary(name) for name in self._owners}
        numerics = {name: fit.statistics() for name, fit in self._numerics.items()}
        past = [fit.result() for fit in self._past]
        return FittedData(
            encoder=Encoder(
                self._features, Fitted(vocabularies, numerics, tuple(rates for _, rates in past)), self._crosses
            ),
            histories=Histories([history for history, _ in past]),
            statistics={name: fit.statistics() for name, fit in self._labels.items()},
            null_shares={name: 1 - present / self._num_rows for name, present in self._num_present.items()},
            num_rows=self._num_rows,
        )

    def _vocabulary(self, name: str) -> Vocabulary:
        kind = self._owners[name]
        return (
            HashVocabulary(kind.num_buckets)
            if isinstance(kind, HashVocabularyConfig)
            else self._vocabularies[name].vocabulary()
        )

    def _refuse_all_null(self) -> None:
        empty = [name for name, present in self._num_present.items() if present == 0]
        if empty:
            raise DataError(
                f"a feature has values in the training window; found null in all {self._num_rows:,} rows: "
                f"{', '.join(empty)}. A model can learn nothing from it: remove the feature, or correct the log"
            )


def fit_data(config: ModelConfig, chunks: Iterable[Rows], seed: int, carried: Sequence[PastTotals] = ()) -> FittedData:
    """Fit encoder, label statistics and past rates from a stream of rows."""
    fit = DataFit(config, seed, carried)
    for columns, labels, num_rows, *times in chunks:
        fit.add(columns, labels, num_rows, *times)
    return fit.result()


def _num_present(column: Column) -> int:
    if isinstance(column, Categories):
        return int(np.count_nonzero(column.codes >= 0))
    if isinstance(column, Bags):
        return int(np.count_nonzero(np.diff(column.offsets)))
    return len(column) - int(np.count_nonzero(np.isnan(column)))
