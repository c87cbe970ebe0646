"""A log's columns, from the first rows of each of its files."""

import pyarrow as pa

from models.errors import DataError
from models.features import CategoricalFeature, Feature, MultiCategoricalFeature, NumericFeature
from training.data.source import LogSource, unreadable
from training.data.typed import check_type
from training.initial.column import ColumnProfile

SAMPLE_ROWS = 200_000
SAMPLE_BYTES = 1 << 28
"""Long lists and texts end the sample early."""
_LONGEST_NAME = 128
"""As `models.names.ColumnName`; a struct's type may be far longer, and is cut."""
_FEATURES: tuple[Feature, ...] = (
    NumericFeature(name="column", kind="numeric", scope="candidate"),
    CategoricalFeature(name="column", kind="categorical", scope="candidate"),
    MultiCategoricalFeature(name="column", kind="multi_categorical", scope="candidate"),
)


def num_rows(path: str) -> int:
    """Rows of the whole log."""
    return int(LogSource(path, csv_types={}).dataset.count_rows())


def profile(path: str) -> list[ColumnProfile]:
    """Profile every column of a log from its first rows, spread over its files.

    Raises:
        DataError: the log cannot be read or has no rows.
    """
    source = LogSource(path, csv_types={})
    refused = {name: _refusal(source, name) for name in source.dataset.schema.names}
    usable = [name for name, reason in refused.items() if reason is None]
    rows = _sample(source, usable)
    if usable and rows.num_rows == 0:
        raise DataError(f"a log has rows; found none in {path}: check the path")
    types = {name: source.dataset.schema.field(name).type for name in refused}
    return [
        ColumnProfile(name, types[name], pa.nulls(0), reason) if reason else _profiled(name, rows.column(name))
        for name, reason in refused.items()
    ]


def _refusal(source: LogSource, name: str) -> str | None:
    """Why training cannot take the column; None where it can."""
    if not 1 <= len(name) <= _LONGEST_NAME:
        return f"its name has {len(name)} characters: a column's has 1 to {_LONGEST_NAME}"
    for file, schema in source.schemas.items():
        if name not in schema.names:
            return f"not in every file: {file} lacks it"
    try:
        found = source.require([name])[name]
    except DataError:
        return "of different types in different files"
    if pa.types.is_timestamp(found) or any(_takes(feature, found) for feature in _FEATURES):
        return None
    shown = str(found) if len(str(found)) <= _LONGEST_NAME else f"{str(found)[:_LONGEST_NAME]}..."
    return f"of type {shown}, which no kind of feature takes"


def _takes(feature: Feature, found: pa.DataType) -> bool:
    try:
        check_type(feature, found)
    except DataError:
        return False
    return True


def _sample(source: LogSource, names: list[str]) -> pa.Table:
    parts: list[pa.RecordBatch] = []
    for fragment in source.dataset.get_fragments():
        num_rows, num_bytes = max(1, SAMPLE_ROWS // len(source.schemas)), SAMPLE_BYTES // len(source.schemas)
        try:
            for chunk in fragment.to_batches(
                schema=source.dataset.schema,
                columns=names,
                batch_size=min(num_rows, 16_384),
                batch_readahead=1,
                fragment_readahead=1,
            ):
                parts.append(chunk.slice(0, num_rows))
                num_rows -= parts[-1].num_rows
                num_bytes -= parts[-1].nbytes
                if num_rows <= 0 or num_bytes <= 0:
                    break
        except (pa.ArrowException, OSError) as error:
            raise unreadable(source.files, fragment.path, error) from None
    return pa.Table.from_batches(parts, pa.schema([source.dataset.schema.field(name) for name in names]))


def _profiled(name: str, column: pa.ChunkedArray) -> ColumnProfile:
    values = column.combine_chunks()
    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        return ColumnProfile(name, column.type, pa.nulls(0), "holds text that is not UTF-8")
    return ColumnProfile(name, column.type, values)
