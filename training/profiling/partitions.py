"""Rows, times, label means and sketches by partition: a pass over all rows, and few columns of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.columns import Categories
from models.features import CategoricalFeature
from training.config import Config
from training.data.labels import labels
from training.data.reader import LogReader
from training.data.timestamps import Timestamps
from training.data.typed import typed
from training.fitting.moments import Moments
from training.profiling.fingerprint import Sketch, chosen, quick_hashes, with_categories

_DAY = 86_400_000_000
_FIRST_DAY = date(1970, 1, 1)
NUM_HASHED = 3
"""Categories that a row's hash depends on: the first of the configuration, most often who and what."""


@dataclass
class PartitionRows:
    """What is gathered of a partition.

    Attributes:
        rows: in it.
        newest: microseconds since 1970 UTC.
        sketch: of its rows.
        labels: by task, moments of the label where it counts.
    """

    rows: int = 0
    newest: int = -(2**62)
    sketch: Sketch = field(default_factory=Sketch)
    labels: dict[str, Moments] = field(default_factory=dict)

    @property
    def newest_time(self) -> datetime:
        """Time of the newest row."""
        return datetime.fromtimestamp(self.newest / 1e6, UTC)


def partition_column(config: Config) -> str | None:
    """The column that names a row's partition; None where the configuration reads no partitions of a column."""
    return None if config.data.partitions is None else config.data.partitions.column


def partition_rows(
    reader: LogReader, clock: Timestamps, where: pc.Expression | None, partition: str | None
) -> dict[str, PartitionRows]:
    """Gather by partition, in the order of their names.

    Args:
        reader: the log.
        clock: reads times.
        where: which rows.
        partition: the column that names a row's partition; None takes the day (UTC).

    Raises:
        DataError: a value breaks a rule, or a file cannot be read to its end.
    """
    hashed = [f for f in reader.model.features if isinstance(f, CategoricalFeature)][:NUM_HASHED]
    names = [clock.column, *(task.label for task in reader.tasks), *(feature.name for feature in hashed)]
    found: dict[str, PartitionRows] = {}
    for chunk in reader.source.chunks(list(dict.fromkeys([*names, *([partition] if partition else [])])), where):
        if chunk.num_rows:
            _add(found, chunk, reader, clock, hashed, partition)
    return dict(sorted(found.items()))


def _add(
    found: dict[str, PartitionRows],
    chunk: pa.RecordBatch,
    reader: LogReader,
    clock: Timestamps,
    hashed: Sequence[CategoricalFeature],
    partition: str | None,
) -> None:
    times = clock.microseconds(chunk.column(clock.column))
    observed = labels(reader.tasks, chunk)
    names, codes = _partitions(chunk, times, partition)
    quick = quick_hashes(times, observed)
    kept = chosen(quick)
    columns = [typed(feature, chunk.column(feature.name).filter(pa.array(kept))) for feature in hashed]
    hashes = with_categories(quick[kept], [column for column in columns if isinstance(column, Categories)])
    for code, name in enumerate(names):
        part, rows = found.setdefault(name, PartitionRows()), codes == code
        part.rows += int(rows.sum())
        part.newest = max(part.newest, int(times[rows].max()))
        part.sketch.add(hashes[rows[kept]])
        for task, label in observed.items():
            values = label[rows]
            part.labels.setdefault(task, Moments()).add(values[~np.isnan(values)])


def _partitions(
    chunk: pa.RecordBatch, times: NDArray[np.int64], partition: str | None
) -> tuple[list[str], NDArray[np.int64]]:
    """Names, and the position of each row's among them, [rows]."""
    if partition is None:
        days, codes = np.unique(times // _DAY, return_inverse=True)
        return [str(_FIRST_DAY + timedelta(days=int(day))) for day in days], codes
    encoded = chunk.column(partition).cast(pa.string()).fill_null("(missing)").dictionary_encode()
    used, codes = np.unique(encoded.indices.to_numpy(zero_copy_only=False), return_inverse=True)
    return encoded.dictionary.take(pa.array(used)).to_pylist(), codes
