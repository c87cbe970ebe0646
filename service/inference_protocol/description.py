"""What `/openapi.json` says of `infer`, with an example that works and its true answer."""

from typing import Any

import orjson

from models.features import MultiCategoricalFeature, NumericFeature
from service.examples import example_bodies
from service.inference_protocol.binary import HEADER_LENGTH
from service.inference_protocol.paths import INFER, INFER_VERSION
from service.inference_protocol.schemas import ANSWER, REQUEST, Schema
from service.inference_protocol.served import BINARY, JSON, ServedModel

_BYTES: Schema = {"type": "string", "format": "binary"}
_LENGTH = {
    "description": f"Bytes of JSON, before those of tensors; where tensors are binary, {BINARY} only.",
    "schema": {"type": "integer", "minimum": 1},
}


def inference_operations(served: ServedModel, timeout: Schema) -> dict[str, dict[str, Schema]]:
    """The operations, by path and method.

    Args:
        served: the model.
        timeout: the parameter that sets a deadline.
    """
    named = [_in_path("name", served.metadata.name), timeout]
    versioned = [_in_path("version", served.metadata.versions[0]), *named]
    return {
        INFER: {"post": _operation(served, "infer", named)},
        INFER_VERSION: {"post": _operation(served, "infer_version", versioned)},
    }


def infer_example(served: ServedModel) -> dict[str, Any]:
    """A request with a context that is one row and candidates of several, as `/predict` has it in its own example."""
    body = example_bodies(served.engine.predictor.encoder)["candidates"]
    rows = {"context": [body["context"]], "candidate": body["candidates"]}
    inputs = []
    for feature in served.engine.manifest.model.features:
        values = [row[feature.name] for row in rows[feature.scope]]
        shape = [len(values)]
        if isinstance(feature, MultiCategoricalFeature):
            shape.append(len(values[0]))
        datatype = "FP64" if isinstance(feature, NumericFeature) else "BYTES"
        inputs.append({"name": feature.name, "datatype": datatype, "shape": shape, "data": values})
    return {"id": "42", "inputs": inputs}


def _operation(served: ServedModel, name: str, parameters: list[Schema]) -> Schema:
    example = infer_example(served)
    request = served.read(orjson.dumps(example), None)
    answer = served.reply(request, served.engine.predict_now(request.rows), accepted="")
    shown = {"schema": _ref(ANSWER), "example": orjson.loads(answer.content)}
    return {
        "tags": ["Open Inference Protocol"],
        "summary": "Predict the rows of tensors",
        "description": "An input a feature, an output a field; JSON, or JSON and then the bytes of tensors.",
        "operationId": name,
        "parameters": [*parameters, {"name": HEADER_LENGTH, "in": "header", **_LENGTH}],
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": _ref(REQUEST), "example": example}, BINARY: {"schema": _BYTES}},
        },
        "responses": {
            "200": {
                "description": "Predictions",
                "headers": {HEADER_LENGTH: {**_LENGTH, "required": False}},
                "content": {JSON: shown, BINARY: {"schema": _BYTES}},
            }
        },
    }


def _in_path(name: str, example: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "example": example}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
