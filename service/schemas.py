"""Schemas of the bodies of `POST /predict` and of its answers, made of the loaded model's features and tasks."""

from typing import Any, get_args

from models.features import Feature, MultiCategoricalFeature, NumericFeature
from models.features.base import Scope
from models.manifest import Manifest
from models.ranking import INDEX, SCORE
from service.body.options import LARGEST_TOP_K
from service.model_card import task_card
from service.request import Layout

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


def predict_schemas(manifest: Manifest, max_rows: int) -> dict[str, Schema]:
    """The schemas by name."""
    features = manifest.model.features
    candidates = tuple(feature for feature in features if feature.scope == "candidate")
    rows, options = {"minItems": 1, "maxItems": max_rows}, _options(manifest)
    of_candidates = {"oneOf": [{"type": "array", "items": _ref("Candidate"), **rows}, _columns(candidates, rows)]}
    instances = {"type": "array", "items": _ref("Instance"), **rows}
    prediction = _prediction(manifest)
    return {
        "Context": _object({f.name: _feature(f) for f in features if f.scope == "context"}),
        "Candidate": _object({f.name: _feature(f) for f in candidates}),
        "Instance": _object({f.name: _feature(f) for f in features}),
        "CandidatesBody": _object(
            {"context": _ref("Context"), "candidates": of_candidates, **options}, required=["context", "candidates"]
        ),
        "InstancesBody": _object({"instances": instances, **options}, required=["instances"]),
        "ColumnsBody": _object({"columns": _columns(features, rows), **options}, required=["columns"]),
        "Prediction": _object(prediction, required=list(prediction)),
        "PredictionColumns": _object(
            {name: {"type": "array", "items": field} for name, field in prediction.items()}, required=list(prediction)
        ),
        "Answer": _answer(manifest),
    }


def _feature(feature: Feature) -> Schema:
    place: dict[Scope, str] = {"context": "Context feature", "candidate": "Candidate feature"}
    text = f"{place[feature.scope]}; null or absent is missing."
    if isinstance(feature, NumericFeature):
        return {"type": ["number", "boolean", "null"], "description": f"{text} A finite number."}
    if isinstance(feature, MultiCategoricalFeature):
        types = ["array", "null"] if feature.separator is None else ["array", "string", "null"]
        apart = "" if feature.separator is None else f" Or text with '{feature.separator}' between ids."
        order = f" Ids, oldest first; the last {feature.max_length} count.{apart}"
        return {"type": types, "items": _CATEGORY, "description": text + order}
    return {**_CATEGORY, "description": f'{text} A category: 7 and "7" are the same; a new one is no error.'}


def _columns(features: tuple[Feature, ...], rows: Schema) -> Schema:
    return _object({f.name: {"type": "array", "items": _feature(f), **rows} for f in features})


def _options(manifest: Manifest) -> dict[str, Schema]:
    """What a body may say of its answer; `top_k` only where there is a utility."""
    layout = {"enum": list(get_args(Layout)), "default": "rows", "description": "Of the predictions in the answer."}
    if manifest.model.ranking is None:
        return {"layout": layout}
    top_k = {
        "type": "integer",
        "minimum": 1,
        "maximum": LARGEST_TOP_K,
        "description": f"Only so many rows, those of the highest `{SCORE}`, the highest first; ties keep their order.",
    }
    return {"layout": layout, "top_k": top_k}


def _prediction(manifest: Manifest) -> dict[str, Schema]:
    fields: dict[str, Schema] = {}
    for task in map(task_card, manifest.model.tasks):
        given = f", given that {task.observed_when} happens" if task.observed_when else ""
        for field in task.fields:
            text = f"{field.meaning}{given} ({_UNITS[field.unit]})"
            fields[field.name] = {"type": "number", **_BOUNDS[field.unit], "description": text}
    if manifest.model.ranking is not None:
        fields[SCORE] = {"type": "number", "description": f"what the row is worth: {manifest.model.ranking.utility}"}
    return fields


def _answer(manifest: Manifest) -> Schema:
    texts = {"model": "Name of the model.", "version": "Its version.", "request_id": "As in X-Request-ID."}
    properties: dict[str, Schema] = {name: {"type": "string", "description": text} for name, text in texts.items()}
    order = "in the order sent" if manifest.model.ranking is None else "in the order sent, or with `top_k` best first"
    properties["predictions"] = {
        "oneOf": [{"type": "array", "items": _ref("Prediction")}, _ref("PredictionColumns")],
        "description": f"One a row, {order}; as `layout` says.",
    }
    required = list(properties)
    if manifest.model.ranking is not None:
        properties[INDEX] = {
            "type": "array",
            "items": {"type": "integer", "minimum": 0},
            "description": "Only with `top_k`: the position of each row in the request, from 0.",
        }
    return _object(properties, required)


def _object(properties: dict[str, Schema], required: list[str] | None = None) -> Schema:
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
