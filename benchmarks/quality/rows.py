"""The rows of a log that all systems get: raw feature columns and checked labels, in one table.

Only features that are columns of the log are taken. What a configuration makes of them (crosses, smoothed rates) is
ours, and every peer may make its own of the same columns.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.columns import Column
from models.features import CategoricalFeature, MultiCategoricalFeature, NumericFeature
from training.config import Config
from training.data.labels import labels
from training.data.reader import open_log
from training.data.typed import typed
from training.data.windows import find_windows

LogFeature = CategoricalFeature | MultiCategoricalFeature | NumericFeature
PEER_KINDS = ("binary", "duration")


@dataclass(frozen=True)
class Rows:
    """Train, validation and test rows, in this order and in time.

    Attributes:
        features: the features that are columns of the log.
        columns: typed columns by feature, [rows].
        labels: by task, 0 and 1 or seconds, [rows]; NaN where the label does not count.
        kinds: by task, binary or duration.
        day: number of the row's day, [rows], ascending in time.
        ends: where train, validation and test rows end.
    """

    features: tuple[LogFeature, ...]
    columns: dict[str, Column]
    labels: dict[str, NDArray[np.float64]]
    kinds: dict[str, str]
    day: NDArray[np.int64]
    ends: tuple[int, int, int]

    def __len__(self) -> int:
        return self.ends[2]

    @property
    def train(self) -> NDArray[np.bool_]:
        """Which rows may be learned from, [rows]."""
        return np.arange(len(self)) < self.ends[0]

    @property
    def validation(self) -> slice:
        """Rows to stop early and to calibrate on."""
        return slice(self.ends[0], self.ends[1])

    @property
    def test(self) -> slice:
        """Rows to measure on."""
        return slice(self.ends[1], self.ends[2])

    def targets(self) -> NDArray[np.float64]:
        """What peers learn, [rows, tasks]: 0 and 1, or log(1 + seconds); NaN where the label does not count."""
        return np.stack([np.log1p(y) if self.kinds[t] == "duration" else y for t, y in self.labels.items()], axis=1)


def log_features(config: Config) -> tuple[LogFeature, ...]:
    """The features that are columns of the log."""
    return tuple(f for f in config.features if isinstance(f, LogFeature))


def read_rows(config: Config) -> Rows:
    """Read the three windows of a configuration.

    Raises:
        ValueError: a task that no peer has a counterpart for.
    """
    for task in config.tasks:
        if task.kind not in PEER_KINDS:
            raise ValueError(f"peers predict {' and '.join(PEER_KINDS)} tasks; '{task.name}' is of kind '{task.kind}'")
        if task.kind == "binary" and task.observed_when is not None:
            raise ValueError(f"a binary label counts in every row for peers; '{task.name}' is observed in some only")
    features = log_features(config)
    source = open_log(config.data, config.model_part())
    windows = find_windows(source, config.data)
    day = config.data.split.column or config.data.timestamp
    wanted = list(dict.fromkeys([*(f.name for f in features), *(task.label for task in config.tasks), day]))
    tables = [
        pa.Table.from_batches(source.chunks(wanted, window.where))
        for window in (windows.train, windows.validation, windows.test)
    ]
    table = pa.concat_tables(tables).combine_chunks()
    first, second, third = np.cumsum([t.num_rows for t in tables]).tolist()
    return Rows(
        features,
        {f.name: typed(f, _whole(table, f.name)) for f in features},
        labels(config.tasks, pa.record_batch([_whole(table, name) for name in table.column_names], table.column_names)),
        {task.name: task.kind for task in config.tasks},
        _days(_whole(table, day), None if config.data.split.column else config.data.timestamp_unit),
        (first, second, third),
    )


def _whole(table: pa.Table, name: str) -> pa.Array:
    column = table.column(name)
    return pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0)


def _days(values: pa.Array, unit: str | None) -> NDArray[np.int64]:
    """Numbers that ascend with the day; a split column is taken to name the day."""
    if unit is not None and pa.types.is_integer(values.type):
        values = values.cast(pa.timestamp(unit))
    if pa.types.is_timestamp(values.type):
        values = pc.floor_temporal(values, unit="day").cast(pa.timestamp("s")).cast(pa.int64())
    _, number = np.unique(values.to_numpy(zero_copy_only=False), return_inverse=True)
    return number.astype(np.int64)
