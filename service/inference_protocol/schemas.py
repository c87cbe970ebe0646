"""Schemas of requests for inference and of their answers, in JSON."""

from typing import Any

from service.inference_protocol.datatypes import DATATYPES
from service.inference_protocol.served import ServedModel

Schema = dict[str, Any]
REQUEST, ANSWER = "InferRequest", "InferAnswer"
_PARAMETERS = {
    "request": "`binary_data_output`; `timeout` in microseconds; with a utility, `top_k`.",
    "input": "`binary_data_size`, in place of `data`.",
    "output": "`binary_data`.",
}


def inference_schemas(served: ServedModel) -> dict[str, Schema]:
    """The schemas by name."""
    return {REQUEST: _request(served), ANSWER: _answer(served)}


def _request(served: ServedModel) -> Schema:
    given: dict[str, Schema] = {
        "name": {"type": "string", "enum": [each.name for each in served.metadata.inputs]},
        "datatype": {"type": "string", "enum": list(DATATYPES)},
        "shape": {
            "type": "array",
            "items": {"type": "integer", "minimum": 0},
            "minItems": 1,
            "maxItems": 2,
            "description": "[rows], or [rows, length] for lists; a context feature may have one row for all.",
        },
        "data": {"type": "array", "items": {}, "description": "Flat, or a list a row; null is missing."},
        "parameters": _parameters("input"),
    }
    wanted = {
        "name": {"type": "string", "enum": [each.name for each in served.metadata.outputs]},
        "parameters": _parameters("output"),
    }
    return _object(
        {
            "id": {"type": "string", "description": "Comes back in the answer."},
            "parameters": _parameters("request"),
            "inputs": {"type": "array", "minItems": 1, "items": _object(given, ["name", "datatype", "shape"])},
            "outputs": {
                "type": "array",
                "items": _object(wanted, ["name"]),
                "description": "Those wanted; all where it is left out.",
            },
        },
        ["inputs"],
    )


def _answer(served: ServedModel) -> Schema:
    output: dict[str, Schema] = {
        "name": {"type": "string"},
        "datatype": {"type": "string", "enum": ["FP32", "INT64"]},
        "shape": {"type": "array", "items": {"type": "integer"}, "description": "[rows]"},
        "data": {"type": "array", "items": {"type": "number"}},
    }
    return _object(
        {
            "model_name": {"type": "string", "const": served.metadata.name},
            "model_version": {"type": "string", "enum": list(served.metadata.versions)},
            "id": {"type": "string", "description": "As in the request."},
            "outputs": {"type": "array", "items": _object(output, ["name", "datatype", "shape", "data"])},
        },
        ["model_name", "model_version", "outputs"],
    )


def _parameters(of: str) -> Schema:
    return {"type": "object", "description": _PARAMETERS[of]}


def _object(properties: dict[str, Schema], required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required}
