"""What a log's columns look like, from its first rows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from models.errors import DataError
from training.data.source import LogSource

SAMPLE_ROWS = 200_000


@dataclass(frozen=True)
class ColumnProfile:
    """One column of the sample.

    Attributes:
        name: of the column.
        type: Arrow type in the files.
        null_share: share of rows without a value.
        num_distinct: distinct values; for lists, distinct elements.
        values: the sample.
    """

    name: str
    type: pa.DataType
    null_share: float
    num_distinct: int
    values: pd.Series

    @property
    def is_list(self) -> bool:
        """Whether a row holds a list."""
        return bool(pa.types.is_list(self.type) or pa.types.is_large_list(self.type))

    @property
    def is_text(self) -> bool:
        """Whether a row holds text."""
        return bool(pa.types.is_string(self.type) or pa.types.is_large_string(self.type))

    @property
    def is_zero_or_one(self) -> bool:
        """Whether the column holds both 0 and 1, and nothing else but nulls."""
        number = pa.types.is_integer(self.type) or pa.types.is_boolean(self.type) or pa.types.is_floating(self.type)
        return bool(number) and set(self.values.dropna().unique()) == {0, 1}


def profile(path: str) -> list[ColumnProfile]:
    """Profile every column of a log from its first rows, spread over its files.

    Raises:
        DataError: the log cannot be read or has no rows.
    """
    source = LogSource(path, csv_types={})
    names = list(dict.fromkeys(name for schema in source.schemas.values() for name in schema.names))
    types = source.require(names)
    rows = _sample(source, names)
    if rows.num_rows == 0:
        raise DataError(f"a log has rows; found none in {path}: check the path")
    return [_column(name, types[name], rows.column(name)) for name in names]


def _sample(source: LogSource, names: list[str]) -> pa.Table:
    share = max(1, SAMPLE_ROWS // len(source.schemas))
    parts: list[pa.RecordBatch] = []
    for fragment in source.dataset.get_fragments():
        taken = 0
        for chunk in fragment.to_batches(schema=source.dataset.schema, columns=names, batch_size=share):
            parts.append(chunk.slice(0, share - taken))
            taken += parts[-1].num_rows
            if taken >= share:
                break
    return pa.Table.from_batches(parts, pa.schema([source.dataset.schema.field(name) for name in names]))


def _column(name: str, found: pa.DataType, column: pa.ChunkedArray) -> ColumnProfile:
    values = column.to_pandas()
    if pa.types.is_list(found) or pa.types.is_large_list(found):
        held = [element for row in values if row is not None for element in np.asarray(row)]
        return ColumnProfile(name, found, float(values.isna().mean()), len(set(held)), values)
    return ColumnProfile(name, found, float(values.isna().mean()), int(values.nunique()), values)
