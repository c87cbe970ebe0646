"""The typed description of the API, built from the schema of the loaded model."""

from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.arrow.description import ANSWER_CONTENT, REQUEST_CONTENT
from service.described_problems import describe_problems
from service.engine import Engine
from service.examples import example_answer, example_bodies
from service.exchange import TIMEOUT
from service.inference_protocol.description import inference_operations
from service.inference_protocol.not_offered import not_offered_operations
from service.inference_protocol.schemas import inference_schemas
from service.inference_protocol.served import ServedModel
from service.predict import PATH as PREDICT
from service.schemas import predict_schemas
from service.settings import Settings

Schema = dict[str, Any]
TIMEOUT_PARAMETER: Schema = {
    "name": TIMEOUT,
    "in": "header",
    "description": "Milliseconds after which the answer is of no use any more; then it is 504 and nothing is computed.",
    "schema": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
}
_SCHEMAS = ("CandidatesBody", "InstancesBody", "ColumnsBody")
_EXAMPLES = {
    "candidates": "One context and many candidates: the normal case.",
    "candidate_columns": "The same with the candidates as columns of equal length: smaller, and faster to read.",
    "instances": "Independent rows, each with context and candidate features.",
    "columns": "Independent rows as columns.",
}


def openapi_document(app: FastAPI, served: ServedModel, settings: Settings) -> Schema:
    """The OpenAPI document of the app with the loaded model's features and predictions."""
    engine = served.engine
    document = deepcopy(_of_all_models(app))
    document["info"] |= {"title": f"Threefold: {engine.manifest.name}", "version": engine.manifest.version}
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas |= predict_schemas(engine.manifest, settings.max_rows) | inference_schemas(served)
    hot = {PREDICT: {"post": _predict_operation(engine)}, **inference_operations(served, TIMEOUT_PARAMETER)}
    document["paths"] = {**hot, **document["paths"], **not_offered_operations()}
    describe_problems(document)
    return document


def _of_all_models(app: FastAPI) -> Schema:
    """What depends on no model, made once: most of the time goes into it, which a swap so need not take."""
    if app.state.described is None:
        app.state.described = get_openapi(
            title="Threefold",
            version="",
            description="Predictions of all tasks of one model. Every error is an `application/problem+json` document.",
            routes=app.routes,
        )
    described: Schema = app.state.described
    return described


def _predict_operation(engine: Engine) -> Schema:
    answered = {"application/json": {"schema": _ref("Answer"), "example": example_answer(engine)}, **ANSWER_CONTENT}
    return {
        "summary": "Predict all tasks for each row",
        "description": "Send one context with many candidates, independent instances, or columns.",
        "operationId": "predict",
        "parameters": [TIMEOUT_PARAMETER],
        "requestBody": _request_body(example_bodies(engine.predictor.encoder)),
        "responses": {"200": {"description": "Predictions", "content": answered}},
    }


def _request_body(examples: dict[str, Any]) -> Schema:
    shown = {form: {"summary": text, "value": examples[form]} for form, text in _EXAMPLES.items()}
    json = {"schema": {"oneOf": [_ref(name) for name in _SCHEMAS]}, "examples": shown}
    return {"required": True, "content": {"application/json": json, **REQUEST_CONTENT}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
