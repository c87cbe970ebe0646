"""Examples that work: bodies with categories the model knows and ordinary numbers, and its true answer to them."""

import math
from typing import Any

import orjson

from models.encoder import Encoder
from models.features import Feature, MultiCategoricalFeature, NumericFeature
from models.features.base import Scope
from models.features.rules import owner_of
from models.features.vocabulary import LearnedVocabulary
from service.answer import answer
from service.engine import Engine

NUM_ROWS = 2
Row = dict[str, Any]


def example_bodies(encoder: Encoder) -> dict[str, dict[str, Any]]:
    """One body a form, all with the same rows."""
    context = _row(encoder, 0, "context")
    candidates = [_row(encoder, position, "candidate") for position in range(NUM_ROWS)]
    instances = [{**context, **candidate} for candidate in candidates]
    return {
        "candidates": {"context": context, "candidates": candidates},
        "candidate_columns": {"context": context, "candidates": _as_columns(candidates)},
        "instances": {"instances": instances},
        "columns": {"columns": _as_columns(instances)},
    }


def example_answer(engine: Engine) -> dict[str, Any]:
    """What the model answers to each of the bodies."""
    body = example_bodies(engine.predictor.encoder)["instances"]
    outcome = engine.predict_now(engine.read(orjson.dumps(body)))
    document: dict[str, Any] = orjson.loads(answer(engine.manifest, "6f1c0a1e", outcome))
    return document


def _as_columns(rows: list[Row]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _row(encoder: Encoder, position: int, scope: Scope) -> Row:
    return {f.name: _value(f, encoder, position) for f in encoder.features if f.scope == scope}


def _value(feature: Feature, encoder: Encoder, position: int) -> object:
    if isinstance(feature, NumericFeature):
        return _number(feature, encoder, position)
    if isinstance(feature, MultiCategoricalFeature):
        return [_category(feature.name, owner_of(feature), encoder, position + step) for step in range(2)]
    return _category(feature.name, owner_of(feature), encoder, position)


def _category(name: str, owner: str, encoder: Encoder, position: int) -> str:
    vocabulary = encoder.fitted.vocabularies[owner]
    if isinstance(vocabulary, LearnedVocabulary) and vocabulary.values:
        return vocabulary.values[position % len(vocabulary.values)]
    return f"{name}-{position + 1}"


def _number(feature: NumericFeature, encoder: Encoder, position: int) -> float:
    """A number from the middle of what training saw, back from the feature's transform."""
    statistics = encoder.fitted.numerics[feature.name]
    edges = statistics.boundaries or (statistics.mean,)
    middle = edges[min(len(edges) // 2 + position, len(edges) - 1)]
    if feature.transform == "log1p":
        middle = math.copysign(math.expm1(abs(middle)), middle)
    return float(f"{middle:.4g}")
