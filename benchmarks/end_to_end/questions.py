"""Requests as the log has them: a user and what was shown to him, with the rows that they were made of."""

from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import orjson
import pyarrow.parquet as pq

from benchmarks.serving.http_client import message
from models.config import ModelConfig


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
    """The day's first requests: rows that share `request_id` are the candidates of one."""
    context = [feature.name for feature in model.features if feature.scope == "context"]
    candidate = [feature.name for feature in model.features if feature.scope == "candidate"]
    rows = pq.ParquetFile(file).read_row_group(0, columns=["request_id", *context, *candidate]).to_pylist()
    starts = [row for row in range(len(rows)) if row == 0 or rows[row]["request_id"] != rows[row - 1]["request_id"]]
    found = []
    for first, end in islice(pairwise(starts), number):
        asked = rows[first:end]
        body = {
            "context": {name: asked[0][name] for name in context},
            "candidates": [{name: row[name] for name in candidate} for row in asked],
        }
        sent = message("/predict", orjson.dumps(body), {"Content-Type": "application/json"})
        found.append(Question(day, first, end - first, sent))
    return found
