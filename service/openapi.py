"""The typed description of the API, built from the schema of the loaded model."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from models.features import Feature, MultiCategoricalFeature, NumericFeature
from models.features.base import Scope
from models.manifest import Manifest
from service.engine import Engine
from service.examples import example_answer, example_bodies
from service.model_card import task_card
from service.problem import MEDIA_TYPE, Problem
from service.refusal import KINDS
from service.settings import Settings

Schema = dict[str, Any]
_CATEGORY: Schema = {"type": ["string", "integer", "boolean", "null"]}
_UNITS = {
    "probability": "probability",
    "seconds": "seconds",
    "label": "in the unit of its label",
    "amount": "in the unit of its label",
}
_BOUNDS: dict[str, Schema] = {
    "probability": {"minimum": 0, "maximum": 1},
    "seconds": {"minimum": 0},
    "label": {},
    "amount": {"minimum": 0},
}
_FORMS = {
    "candidates": "One context and many candidates: the normal case.",
    "instances": "Independent rows, each with context and candidate features.",
    "columns": "The same as columns of equal length: the smallest and fastest to write for batches.",
}


def openapi_document(app: FastAPI, engine: Engine, settings: Settings) -> Schema:
    """The OpenAPI document of the app with the loaded model's features and predictions."""
    document = get_openapi(
        title=f"Threefold: {engine.manifest.name}",
        version=engine.manifest.version,
        description="Predictions of all tasks of one model. Every error is an `application/problem+json` document.",
        routes=app.routes,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas |= _schemas(engine.manifest, settings.max_rows)
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    document["components"]["responses"] = {"Problem": _problem_response()}
    operation = document["paths"]["/predict"]["post"]
    operation["requestBody"] = _request_body(example_bodies(engine.predictor.encoder))
    operation["responses"]["200"]["content"] = {
        "application/json": {"schema": _ref("Answer"), "example": example_answer(engine)}
    }
    return document


def _schemas(manifest: Manifest, max_rows: int) -> dict[str, Schema]:
    features = manifest.model.features
    rows = {"minItems": 1, "maxItems": max_rows}
    columns = {f.name: {"type": "array", "items": _feature_schema(f), **rows} for f in features}
    return {
        "Context": _object({f.name: _feature_schema(f) for f in features if f.scope == "context"}),
        "Candidate": _object({f.name: _feature_schema(f) for f in features if f.scope == "candidate"}),
        "Instance": _object({f.name: _feature_schema(f) for f in features}),
        "CandidatesBody": _object(
            {"context": _ref("Context"), "candidates": {"type": "array", "items": _ref("Candidate"), **rows}},
            required=["context", "candidates"],
        ),
        "InstancesBody": _object(
            {"instances": {"type": "array", "items": _ref("Instance"), **rows}}, required=["instances"]
        ),
        "ColumnsBody": _object({"columns": _object(columns)}, required=["columns"]),
        "Prediction": _prediction_schema(manifest),
        "Answer": _answer_schema(),
        "Problem": Problem.model_json_schema(),
    }


def _feature_schema(feature: Feature) -> Schema:
    place: dict[Scope, str] = {"context": "Context feature", "candidate": "Candidate feature"}
    text = f"{place[feature.scope]}; null or absent is missing."
    if isinstance(feature, NumericFeature):
        return {"type": ["number", "null"], "description": f"{text} A finite number."}
    if isinstance(feature, MultiCategoricalFeature):
        types = ["array", "null"] if feature.separator is None else ["array", "string", "null"]
        apart = "" if feature.separator is None else f" Or text with '{feature.separator}' between ids."
        order = f" Ids, oldest first; the last {feature.max_length} count.{apart}"
        return {"type": types, "items": _CATEGORY, "description": text + order}
    return {**_CATEGORY, "description": f'{text} A category: 7 and "7" are the same; a new one is no error.'}


def _prediction_schema(manifest: Manifest) -> Schema:
    fields = {}
    for task in map(task_card, manifest.model.tasks):
        given = f", given that {task.observed_when} happens" if task.observed_when else ""
        for field in task.fields:
            text = f"{field.meaning}{given} ({_UNITS[field.unit]})"
            fields[field.name] = {"type": "number", **_BOUNDS[field.unit], "description": text}
    return _object(fields, required=list(fields))


def _answer_schema() -> Schema:
    texts = {"model": "Name of the model.", "version": "Its version.", "request_id": "As in X-Request-ID."}
    properties: dict[str, Schema] = {name: {"type": "string", "description": text} for name, text in texts.items()}
    properties["predictions"] = {
        "type": "array",
        "items": _ref("Prediction"),
        "description": "One a row, in the order sent.",
    }
    return _object(properties, required=list(properties))


def _request_body(examples: dict[str, Any]) -> Schema:
    bodies = [_ref(f"{form.capitalize()}Body") for form in _FORMS]
    shown = {form: {"summary": text, "value": examples[form]} for form, text in _FORMS.items()}
    return {"required": True, "content": {"application/json": {"schema": {"oneOf": bodies}, "examples": shown}}}


def _problem_response() -> Schema:
    kinds = "\n".join(f"- {kind.status} `{kind.type}`: {kind.title}" for kind in KINDS)
    return {"description": f"Why there is no answer:\n\n{kinds}", "content": {MEDIA_TYPE: {"schema": _ref("Problem")}}}


def _object(properties: dict[str, Schema], required: list[str] | None = None) -> Schema:
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
