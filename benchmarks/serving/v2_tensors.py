"""A question in the Open Inference Protocol v2: a tensor a feature, as JSON or with the binary extension."""

import json
import struct

import numpy as np
from numpy.typing import NDArray

from benchmarks.serving.questions import Question, Value
from benchmarks.serving.world import is_text

BINARY_HEADER = "Inference-Header-Content-Length"


def tensors(question: Question, *, context_once: bool) -> dict[str, list[Value]]:
    """Values by feature; those of the context are one value each, or repeated for all candidates."""
    if not context_once:
        return question.all_columns()
    return {**{name: [value] for name, value in question.context.items()}, **question.columns()}


def as_json(values: dict[str, list[Value]]) -> bytes:
    """The request as JSON."""
    inputs = [{**_described(name, column), "data": column} for name, column in values.items()]
    return json.dumps({"inputs": inputs}, separators=(",", ":")).encode()


def as_binary(values: dict[str, list[Value]]) -> tuple[bytes, dict[str, str]]:
    """The request with its tensors as bytes after the JSON, and the header that says where they begin."""
    inputs, parts = [], []
    for name, column in values.items():
        raw = _raw(name, column)
        parts.append(raw)
        inputs.append({**_described(name, column), "parameters": {"binary_data_size": len(raw)}})
    head = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}, separators=(",", ":")).encode()
    return b"".join([head, *parts]), {BINARY_HEADER: str(len(head)), "Content-Type": "application/octet-stream"}


def answered(head: bytes, body: bytes, fields: tuple[str, ...]) -> NDArray[np.float64]:
    """The predictions of an answer of either kind, [rows, fields]."""
    length = len(body)
    for line in head.split(b"\r\n"):
        if line.startswith(BINARY_HEADER.lower().encode() + b":"):
            length = int(line.partition(b":")[2])
    columns, start = {}, length
    for output in json.loads(body[:length])["outputs"]:
        size = (output.get("parameters") or {}).get("binary_data_size")
        if size is None:
            columns[output["name"]] = np.array(output["data"], dtype=float).ravel()
        else:
            columns[output["name"]] = np.frombuffer(body[start : start + size], dtype=np.float32).astype(float)
            start += size
    return np.stack([columns[field] for field in fields], axis=1)


def _described(name: str, column: list[Value]) -> dict[str, object]:
    return {"name": name, "shape": [len(column)], "datatype": "BYTES" if is_text(name) else "INT64"}


def _raw(name: str, column: list[Value]) -> bytes:
    if not is_text(name):
        return np.array(column, dtype=np.int64).tobytes()
    texts = [str(value).encode() for value in column]
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)
