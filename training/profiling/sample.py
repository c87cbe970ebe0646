"""Evenly spaced rows of a window as typed columns, in memory."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.columns import Bags, Column, Columns
from training.data.labels import Labels, labels
from training.data.reader import LogReader
from training.data.typed import typed


@dataclass(frozen=True)
class SampledRows:
    """Rows of one chunk of a log."""

    features: Columns
    labels: Labels
    num_rows: int


def sample(reader: LogReader, where: pc.Expression | None, num_rows: int, max_rows: int) -> list[SampledRows]:
    """Every n-th row of a window, at most `max_rows` of them, in the order of the log.

    Only these rows are typed: on a long window the pass costs what decoding the columns costs.

    Args:
        reader: the log.
        where: which rows.
        num_rows: how many they are.
        max_rows: to keep.
    """
    step = max(1, -(-num_rows // max_rows))
    names = [feature.name for feature in reader.model.features]
    columns = list(dict.fromkeys([*names, *(task.label for task in reader.tasks)]))
    position, found = 0, []
    for chunk in reader.source.chunks(columns, where):
        kept = np.arange(-position % step, chunk.num_rows, step)
        position += chunk.num_rows
        if len(kept):
            rows = chunk if step == 1 else chunk.take(pa.array(kept))
            features = {f.name: typed(f, rows.column(f.name)) for f in reader.model.features}
            found.append(SampledRows(features, labels(reader.tasks, rows), len(kept)))
    return found


def present_rows(column: Column) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Rows with a value, [rows]; an empty list is none."""
    if isinstance(column, Bags):
        return np.diff(column.offsets) > 0
    return ~np.isnan(column) if isinstance(column, np.ndarray) else column.codes >= 0
