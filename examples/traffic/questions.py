"""What a service is asked: the impressions of the newest day of a log, those of one context together."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from service.client import Model

Row = Mapping[str, Any]
BATCH_ROWS = 4_096
LOOK_EVERY = 100
"""Questions between two looks for a newer day."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request: what its candidates share, and the candidates."""

    context: Row
    candidates: tuple[Row, ...]


def newest_files(log: Path) -> tuple[Path, ...]:
    """The Parquet files of the partition whose name comes last, which is the newest day of `date=YYYY-MM-DD`.

    Names with a leading dot or underscore are not looked at: such files are being written, or are no rows.
    """
    files = [
        file
        for file in log.rglob("*.parquet")
        if not any(part.startswith((".", "_")) for part in file.relative_to(log).parts)
    ]
    last = max((file.parent for file in files), default=None)
    return tuple(sorted(file for file in files if file.parent == last))


def newest_questions(log: Path, model: Model, most_candidates: int) -> Iterator[Question]:
    """Those of the newest day, until they are at their end or a newer day is there."""
    files = newest_files(log)
    for number, question in enumerate(questions(files, model, most_candidates), start=1):
        yield question
        if number % LOOK_EVERY == 0 and newest_files(log) != files:
            return


def questions(files: Sequence[Path], model: Model, most_candidates: int) -> Iterator[Question]:
    """Neighbouring rows that share their context, as requests of at most so many candidates, in the order of the log.

    A feature that the log does not have is not sent; the service takes it for missing.
    """
    context = {each.name for each in model.features if each.scope == "context"}
    names = {each.name for each in model.features}
    for file in files:
        with pq.ParquetFile(file) as log:
            columns = [name for name in log.schema_arrow.names if name in names]
            for batch in log.iter_batches(BATCH_ROWS, columns=columns):
                yield from _grouped(batch.to_pylist(), context, most_candidates)


def _grouped(rows: Sequence[Row], context: set[str], most_candidates: int) -> Iterator[Question]:
    for shared, group in groupby(rows, key=lambda row: _part(row, context, inside=True)):
        candidates = (_part(row, context, inside=False) for row in group)
        while some := tuple(islice(candidates, most_candidates)):
            yield Question(shared, some)


def _part(row: Row, context: set[str], *, inside: bool) -> dict[str, Any]:
    """The context features of a row, or the others; NaN, which a request may not hold, is missing."""
    part = {name: value for name, value in row.items() if (name in context) is inside}
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in part.items()}
