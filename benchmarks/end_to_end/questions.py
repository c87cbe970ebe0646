"""Requests as the log has them: a user and what was shown to him, with the rows that they were made of."""

from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import orjson
import pyarrow.parquet as pq

from benchmarks.serving.http_client import message
from models.config import ModelConfig

FIRST_ROWS = 4_096
"""Of a day's file, from which requests are made."""


@dataclass(frozen=True)
class Question:
    """One request of a day.

    Attributes:
        day: whose rows it holds.
        first: its first row in the day's file.
        num_rows: its candidates, one row each.
        message: the bytes of the POST.
    """

    day: str
    first: int
    num_rows: int
    message: bytes


def questions(day: str, file: Path, model: ModelConfig, number: int) -> list[Question]:
    """The day's first requests: rows one after the other whose context is the same are the candidates of one."""
    context = [feature.name for feature in model.features if feature.scope == "context"]
    candidate = [feature.name for feature in model.features if feature.scope == "candidate"]
    rows = next(pq.ParquetFile(file).iter_batches(FIRST_ROWS, columns=[*context, *candidate])).to_pylist()
    contexts = [{name: row[name] for name in context} for row in rows]
    starts = [row for row in range(len(rows)) if row == 0 or contexts[row] != contexts[row - 1]]
    found = []
    for first, end in islice(pairwise(starts), number):
        candidates = [{name: row[name] for name in candidate} for row in rows[first:end]]
        body = orjson.dumps({"context": contexts[first], "candidates": candidates})
        sent = message("/predict", body, {"Content-Type": "application/json"})
        found.append(Question(day, first, end - first, sent))
    return found
