"""Logs on disk as a stream: only the columns asked for, a chunk of rows at a time, never the whole data set."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.dataset as ds

from models.errors import DataError
from models.storage.trouble import known_trouble
from training.data.files import LogFiles, find_files, one_format
from training.data.partitions import PartitionsConfig
from training.data.types import joined_schema, refuse_conflict

_FOOTERS_AT_ONCE = 16
"""An object store takes as long for one as for many."""
_CSV_NULLS = ["", "null", "NULL", "NaN", "nan"]
"""Arrow's own list also holds "NA", which is the country Namibia."""


class LogSource:
    """Parquet or CSV files, hive partitions included.

    Args:
        path: a folder, a glob or a file, or a URL of one in an object store.
        csv_types: types of CSV columns, which carry none of their own.
        read_rows: rows of a chunk.
        partitions: the only ones that are opened; None for all.

    Raises:
        DataError: nothing there, formats mixed, a file that cannot be read, naming it, or an object store that does
            not answer or refuses.
    """

    def __init__(
        self,
        path: str,
        csv_types: dict[str, pa.DataType],
        read_rows: int = 65_536,
        partitions: PartitionsConfig | None = None,
    ) -> None:
        self.path = path
        self.read_rows = read_rows
        self.files = find_files(path, partitions)
        suffix = one_format(path, self.files)
        self.is_csv = suffix == ".csv"
        found = _open(self.files, _format(suffix, csv_types))
        self.schemas = self._file_schemas(found)
        if self.is_csv and (empty := _null_columns(self.schemas.values())):
            found = _open(self.files, _format(suffix, csv_types | dict.fromkeys(empty, pa.float64())))
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
                    yield self.files.shown(fragment.path), chunk
            except (pa.ArrowException, OSError) as error:
                raise unreadable(self.files, fragment.path, error) from None

    def _pieces(self, where: pc.Expression | None, split: bool) -> Iterator[ds.Fragment]:
        for fragment in self.dataset.get_fragments(filter=where):
            if split and isinstance(fragment, ds.ParquetFileFragment):
                yield from fragment.split_by_row_group(filter=where, schema=self.dataset.schema)
            else:
                yield fragment

    def _file_schemas(self, dataset: ds.Dataset) -> dict[str, pa.Schema]:
        fragments = list(dataset.get_fragments())
        with ThreadPoolExecutor(_FOOTERS_AT_ONCE, thread_name_prefix="footers") as pool:
            schemas = list(pool.map(lambda fragment: self._schema(fragment, dataset.schema), fragments))
        return {self.files.shown(each.path): schema for each, schema in zip(fragments, schemas, strict=True)}

    def _schema(self, fragment: ds.Fragment, dataset: pa.Schema) -> pa.Schema:
        """Columns of the file and its partitions."""
        try:
            schema = fragment.physical_schema
        except (pa.ArrowException, OSError) as error:
            raise unreadable(self.files, fragment.path, error) from None
        _refuse_duplicates(self.files.shown(fragment.path), schema)
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


def _open(files: LogFiles, file_format: ds.FileFormat) -> ds.Dataset:
    partitioning = ds.HivePartitioning.discover(infer_dictionary=False)
    try:
        return ds.dataset(
            files.paths,
            filesystem=files.filesystem,
            format=file_format,
            partitioning=partitioning,
            partition_base_dir=files.base,
        )
    except (pa.ArrowException, OSError) as error:
        raise _first_unreadable(files, file_format, error) from None


def _first_unreadable(files: LogFiles, file_format: ds.FileFormat, error: Exception) -> DataError:
    for file in files.paths:
        try:
            _refuse_duplicates(files.shown(file), file_format.inspect(file, filesystem=files.filesystem))
        except (pa.ArrowException, OSError) as cause:
            return unreadable(files, file, cause)
        except DataError as duplicates:
            return duplicates
    return DataError(f"the files of a log fit each other and their partitions; they do not: {error}. Write them again")


def _refuse_duplicates(file: str, schema: pa.Schema) -> None:
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if twice:
        raise DataError(f"column names are unique; {file} has more than one {', '.join(twice)}: write it again")


def unreadable(files: LogFiles, file: str, error: Exception) -> DataError:
    """What to say of a file that cannot be read, or of a store that does not hand it out."""
    shown = files.shown(file)
    if files.remote is not None and (refused := known_trouble(shown, error)):
        return DataError(refused)
    reason = str(error).splitlines()[0].rpartition("Invalid: ")[2][:200].rstrip(".")
    numbered = re.search(r"CSV column #(\d+)", reason)
    if numbered:
        reason = reason.replace(numbered[0], f"column '{_csv_header(files, file)[int(numbered[1])]}'")
    return DataError(f"every log file can be read to its end; {shown} cannot: {reason}. Remove it or write it again")


def _csv_header(files: LogFiles, file: str) -> list[str]:
    with files.filesystem.open_input_stream(file) as raw:
        lines = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="")
        return next(csv.reader(lines))
