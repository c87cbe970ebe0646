"""A log as the model sees it: typed feature columns and checked labels, chunk by chunk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.columns import Columns
from models.config import ModelConfig
from models.errors import DataError
from models.features import CategoricalFeature, Feature, MultiCategoricalFeature
from models.heads import BinaryTask
from training.data.config import DataConfig
from training.data.labels import Labels, check_label_type, labels
from training.data.parallel import WORKERS, in_order
from training.data.source import LogSource
from training.data.timestamps import Timestamps
from training.data.typed import check_type, typed
from training.data.windows import Window


@dataclass(frozen=True)
class Chunk:
    """Some rows of a log.

    Attributes:
        features: typed columns by feature.
        labels: by task; empty where none were asked for.
        extra: further columns that were asked for, as they are in the log.
        num_rows: rows of the chunk.
        times: microseconds since 1970 UTC, [rows]; None where they were not asked for.
    """

    features: Columns
    labels: Labels
    extra: pa.RecordBatch
    num_rows: int
    times: NDArray[np.int64] | None = None


class LogReader:
    """Reads the configured columns of a log and nothing else.

    Args:
        source: the files.
        model: whose features and labels are read.
        with_labels: whether labels are.
        clock: reads the times of rows, for whoever asks for them.
        workers: threads that check chunks ahead of the caller.

    Raises:
        DataError: a file lacks a column, or a column is of a type that its feature or task cannot take.
    """

    def __init__(
        self,
        source: LogSource,
        model: ModelConfig,
        with_labels: bool = True,
        clock: Timestamps | None = None,
        workers: int = WORKERS,
    ) -> None:
        self.source = source
        self.model = model
        self._clock = clock
        self._workers = workers
        self.tasks = model.tasks if with_labels else ()
        self._names = [f.name for f in model.features]
        self._labels = [task.label for task in self.tasks]
        types = source.require([*self._names, *self._labels])
        for feature in model.features:
            check_type(feature, types[feature.name])
        for task in self.tasks:
            check_label_type(task, types[task.label])

    def chunks(
        self,
        window: Window | None = None,
        extra: Sequence[str] = (),
        shuffle: Random | None = None,
        with_times: bool = False,
    ) -> Iterator[Chunk]:
        """Stream a window's rows; with `shuffle` its files and row groups come in a random order.

        Chunks are read ahead, as many as there are workers.

        Raises:
            DataError: a value breaks a rule, or a file cannot be read to its end.
        """
        where = None if window is None else window.where
        clock = self._clock if with_times else None
        times = [] if clock is None else [clock.column]
        wanted = list(dict.fromkeys([*self._names, *self._labels, *extra, *times]))
        read = self.source.chunks_by_file(wanted, where, shuffle)
        filled = ((file, rows) for file, rows in read if rows.num_rows)
        yield from in_order(lambda part: self._checked(*part, extra, clock), filled, self._workers)

    def _checked(self, file: str, rows: pa.RecordBatch, extra: Sequence[str], clock: Timestamps | None) -> Chunk:
        try:
            features = {f.name: typed(f, rows.column(f.name)) for f in self.model.features}
            found = labels(self.tasks, rows) if self.tasks else {}
            times = None if clock is None else clock.microseconds(rows.column(clock.column))
        except DataError as error:
            raise DataError(f"{file}: {error}") from None
        return Chunk(features, found, rows.select(list(extra)), rows.num_rows, times)


def open_log(data: DataConfig, model: ModelConfig) -> LogSource:
    """The log of a configuration."""
    return LogSource(data.path, csv_types(model), data.read_rows, data.partitions)


def csv_types(model: ModelConfig) -> dict[str, pa.DataType]:
    """Types of CSV columns by what they are used for, so that an id "007" stays text and never passes a float.

    A binary label's type is left to the file: it may be 0 and 1 or true and false.
    """
    types = {feature.name: _csv_type(feature) for feature in model.features}
    return types | {task.label: pa.float64() for task in model.tasks if not isinstance(task, BinaryTask)}


def _csv_type(feature: Feature) -> pa.DataType:
    return pa.string() if isinstance(feature, CategoricalFeature | MultiCategoricalFeature) else pa.float64()
