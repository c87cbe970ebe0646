"""The forms in which a question goes to a server, and what its answer says: [rows, fields] whatever the form."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.serving.http_client import Answer, message
from benchmarks.serving.questions import Question
from benchmarks.serving.v2_tensors import answered, as_binary, as_json, tensors
from benchmarks.serving.world import is_text

Values = NDArray[np.float64]
Encoded = tuple[bytes, dict[str, str]]
JSON = {"Content-Type": "application/json"}
ARROW_TYPE = "application/vnd.apache.arrow.stream"


@dataclass(frozen=True)
class Form:
    """A way of asking.

    Attributes:
        title: in tables.
        path: of the route.
        encode: a question to a body and its headers.
        decode: an answer, with the names of its fields, to their values.
    """

    title: str
    path: str
    encode: Callable[[Question], Encoded]
    decode: Callable[[Answer, tuple[str, ...]], Values]

    def message(self, question: Question) -> bytes:
        """The bytes of the request."""
        body, headers = self.encode(question)
        return message(self.path, body, headers)


def rows_answered(answer: Answer, fields: tuple[str, ...]) -> Values:
    """A JSON list of objects, or an object that holds one as `predictions` or `output`; or columns instead of rows."""
    document = json.loads(answer.body)
    if isinstance(document, dict):
        document = document["predictions"] if "predictions" in document else document["output"]
    if isinstance(document, dict):
        return np.stack([np.array(document[field], dtype=float) for field in fields], axis=1)
    return np.array([[row[field] for field in fields] for row in document], dtype=float)


def v2_answered(answer: Answer, fields: tuple[str, ...]) -> Values:
    """Tensors, as JSON or bytes."""
    return answered(answer.head, answer.body, fields)


def arrow_answered(answer: Answer, fields: tuple[str, ...]) -> Values:
    """A stream of record batches with a column a field."""
    table = pa.ipc.open_stream(io.BytesIO(answer.body)).read_all()
    return np.stack([table[field].to_numpy().astype(float) for field in fields], axis=1)


def _json(document: object) -> Encoded:
    return json.dumps(document, separators=(",", ":")).encode(), JSON


def _arrow(question: Question) -> Encoded:
    """Plain rows as one record batch."""
    columns = {
        name: pa.array(column, pa.string() if is_text(name) else pa.int64())
        for name, column in question.all_columns().items()
    }
    batch = pa.record_batch(columns)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue(), {"Content-Type": ARROW_TYPE, "Accept": ARROW_TYPE}


def v2_json(question: Question) -> Encoded:
    """The context as one value each."""
    return as_json(tensors(question, context_once=True)), JSON


def v2_binary(question: Question) -> Encoded:
    """The same behind a JSON head."""
    return as_binary(tensors(question, context_once=True))


def json_form(title: str, path: str, document: Callable[[Question], object]) -> Form:
    """A form whose body is a JSON document, and whose answer is one."""
    return Form(title, path, lambda question: _json(document(question)), rows_answered)


def split_rows(question: Question) -> object:
    """One context and candidates as rows."""
    return {"context": question.context, "candidates": question.candidates}


V2_PATH = "/v2/models/serving/infer"
FORMS = {
    "split_rows": json_form("context + candidates as rows", "/predict", split_rows),
    "split_columns": json_form(
        "context + candidates as columns, columnar answer",
        "/predict",
        lambda q: {"context": q.context, "candidates": q.columns(), "layout": "columns"},
    ),
    "rows": json_form("plain rows", "/predict", lambda question: {"instances": question.rows}),
    "columns": json_form(
        "columns, columnar answer", "/predict", lambda q: {"columns": q.all_columns(), "layout": "columns"}
    ),
    "arrow": Form("Arrow, in and out", "/predict", _arrow, arrow_answered),
    "v2_json": Form("v2 tensors, JSON", V2_PATH, v2_json, v2_answered),
    "v2_binary": Form("v2 tensors, binary", V2_PATH, v2_binary, v2_answered),
}
"""Those that our service takes."""
