"""From predictions to the bytes of an answer: a tensor a field, in JSON or behind it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from models.manifest import Manifest
from models.ranking import INDEX
from service.engine import Outcome
from service.inference_protocol.header import Header

_NAMES = {np.dtype(np.float32): "FP32", np.dtype(np.int64): "INT64"}


def infer_answer(manifest: Manifest, header: Header, outcome: Outcome) -> tuple[bytes, int | None]:
    """The body, and how many bytes of it are JSON where tensors follow; None where all is JSON.

    Outputs have the shape [rows], in the order sent or, with `top_k`, best first. JSON numbers are the shortest that
    read back to the same float32.
    """
    outputs: list[dict[str, Any]] = []
    binary: list[bytes] = []
    for name, elements, as_binary in _wanted(header, outcome):
        output: dict[str, Any] = {"name": name, "datatype": _NAMES[elements.dtype], "shape": list(elements.shape)}
        if as_binary:
            binary.append(elements.tobytes())
            output["parameters"] = {"binary_data_size": len(binary[-1])}
        else:
            output["data"] = elements
        outputs.append(output)
    document: dict[str, Any] = {"model_name": manifest.name, "model_version": manifest.version, "outputs": outputs}
    if header.id is not None:
        document["id"] = header.id
    json = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
    return (b"".join([json, *binary]), len(json)) if binary else (json, None)


def _wanted(header: Header, outcome: Outcome) -> Iterator[tuple[str, NDArray[Any], bool]]:
    """Name, elements and whether they are binary, of each output."""
    values = outcome.values if outcome.order is None else outcome.values[outcome.order]
    columns: dict[str, NDArray[Any]] = dict(zip(outcome.fields, np.ascontiguousarray(values.T), strict=True))
    if outcome.order is not None:
        columns[INDEX] = outcome.order
    wanted = dict.fromkeys(columns, header.all_binary) if header.outputs is None else header.outputs
    for name, as_binary in wanted.items():
        yield name, columns[name], as_binary
