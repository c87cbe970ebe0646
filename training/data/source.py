"""Logs on disk as a stream: only the columns asked for, a chunk of rows at a time, never the whole data set."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.dataset as ds
from pyarrow.fs import LocalFileSystem

from models.errors import DataError
from training.data.files import find_files, one_format
from training.data.types import joined_schema, refuse_conflict

_CSV_NULLS = ["", "null", "NULL", "NaN", "nan"]
"""Arrow's own list also holds "NA", which is the country Namibia."""


class LogSource:
    """Parquet or CSV files, hive partitions included.

    Args:
        path: a folder, a glob or a file.
        csv_types: types of CSV columns, which carry none of their own.
        read_rows: rows of a chunk.

    Raises:
        DataError: nothing there, formats mixed, or a file that cannot be read, naming it.
    """

    def __init__(self, path: str, csv_types: dict[str, pa.DataType], read_rows: int = 65_536) -> None:
        self.path = path
        self.read_rows = read_rows
        files, base = find_files(path)
        suffix = one_format(path, files)
        self.is_csv = suffix == ".csv"
        found = _open(files, base, _format(suffix, csv_types))
        self.schemas = self._file_schemas(found)
        if self.is_csv and (empty := _null_columns(self.schemas.values())):
            found = _open(files, base, _format(suffix, csv_types | dict.fromkeys(empty, pa.float64())))
            self.schemas = self._file_schemas(found)
        fragments = list(found.get_fragments())
        joined = joined_schema(self.schemas.values())
        self.dataset = ds.FileSystemDataset(fragments, joined, found.format, found.filesystem)

    def require(self, columns: Sequence[str]) -> dict[str, pa.DataType]:
        """Types of the columns, which every file must have.

        Raises:
            DataError: naming the columns and the first file that lacks them, or two files that disagree on a type.
        """
        for file, schema in self.schemas.items():
            missing = sorted(set(columns) - set(schema.names))
            if missing:
                raise DataError(
                    f"every log file has all configured columns; {file} lacks {', '.join(missing)}. It has: "
                    f"{', '.join(schema.names)}. Correct the name in the configuration, or the log"
                )
        types = {column: self.dataset.schema.field(column).type for column in columns}
        for column, joined in types.items():
            refuse_conflict(column, self.schemas, joined)
        return types

    def chunks(
        self, columns: Sequence[str], where: pc.Expression | None = None, shuffle: Random | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Stream the rows that match, in the order of the files, or with files and row groups shuffled.

        Raises:
            DataError: a file cannot be read to its end, naming it.
        """
        for _, chunk in self.chunks_by_file(columns, where, shuffle):
            yield chunk

    def chunks_by_file(
        self, columns: Sequence[str], where: pc.Expression | None = None, shuffle: Random | None = None
    ) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Like `chunks`, with the name of the file that each chunk is from."""
        fragments = list(self._pieces(where, split=shuffle is not None))
        if shuffle is not None:
            shuffle.shuffle(fragments)
        for fragment in fragments:
            try:
                chunks = fragment.to_batches(
                    schema=self.dataset.schema,
                    columns=list(columns),
                    filter=where,
                    batch_size=self.read_rows,
                    batch_readahead=1,
                    fragment_readahead=1,
                )
                for chunk in chunks:
                    yield fragment.path, chunk
            except (pa.ArrowException, OSError) as error:
                raise _unreadable(fragment.path, error) from None

    def _pieces(self, where: pc.Expression | None, split: bool) -> Iterator[ds.Fragment]:
        for fragment in self.dataset.get_fragments(filter=where):
            if split and isinstance(fragment, ds.ParquetFileFragment):
                yield from fragment.split_by_row_group(filter=where, schema=self.dataset.schema)
            else:
                yield fragment

    def _file_schemas(self, dataset: ds.Dataset) -> dict[str, pa.Schema]:
        return {fragment.path: self._schema(fragment, dataset.schema) for fragment in dataset.get_fragments()}

    @staticmethod
    def _schema(fragment: ds.Fragment, dataset: pa.Schema) -> pa.Schema:
        """Columns of the file and its partitions."""
        try:
            schema = fragment.physical_schema
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(fragment.path, error) from None
        _refuse_duplicates(fragment.path, schema)
        for name in ds.get_partition_keys(fragment.partition_expression):
            if name not in schema.names:
                schema = schema.append(dataset.field(name))
        return schema


def _null_columns(schemas: Iterable[pa.Schema]) -> list[str]:
    """CSV columns that are empty in a file's first megabyte: Arrow would take them for null to the end.

    They are read as numbers instead, for that is the case of a rare or late label; text features have a type already.
    """
    return sorted({field.name for schema in schemas for field in schema if pa.types.is_null(field.type)})


def _format(suffix: str, csv_types: dict[str, pa.DataType]) -> ds.FileFormat:
    if suffix == ".csv":
        options = pa.csv.ConvertOptions(column_types=csv_types, strings_can_be_null=True, null_values=_CSV_NULLS)
        return ds.CsvFileFormat(convert_options=options)
    return ds.ParquetFileFormat()


def _open(files: list[Path], base: Path, file_format: ds.FileFormat) -> ds.Dataset:
    partitioning = ds.HivePartitioning.discover(infer_dictionary=False)
    try:
        return ds.dataset(
            [str(file) for file in files], format=file_format, partitioning=partitioning, partition_base_dir=str(base)
        )
    except (pa.ArrowException, OSError) as error:
        raise _first_unreadable(files, file_format, error) from None


def _first_unreadable(files: list[Path], file_format: ds.FileFormat, error: Exception) -> DataError:
    for file in files:
        try:
            _refuse_duplicates(str(file), file_format.inspect(str(file), filesystem=LocalFileSystem()))
        except (pa.ArrowException, OSError) as cause:
            return _unreadable(str(file), cause)
        except DataError as duplicates:
            return duplicates
    return DataError(f"the files of a log fit each other and their partitions; they do not: {error}. Write them again")


def _refuse_duplicates(file: str, schema: pa.Schema) -> None:
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if twice:
        raise DataError(f"column names are unique; {file} has more than one {', '.join(twice)}: write it again")


def _unreadable(file: str, error: Exception) -> DataError:
    reason = str(error).splitlines()[0].rpartition("Invalid: ")[2][:200].rstrip(".")
    numbered = re.search(r"CSV column #(\d+)", reason)
    if numbered:
        reason = reason.replace(numbered[0], f"column '{_csv_header(file)[int(numbered[1])]}'")
    return DataError(f"every log file can be read to its end; {file} cannot: {reason}. Remove it or write it again")


def _csv_header(file: str) -> list[str]:
    with Path(file).open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        return next(csv.reader(lines))
