"""The same rows as a body for `/predict` and as tensors."""

import random
from typing import Any

import numpy as np

from models.features import Feature, MultiCategoricalFeature, NumericFeature
from tests.service.tiny import CONFIG, random_candidate, random_context

Body = dict[str, Any]


def random_body(seed: int, num_rows: int) -> Body:
    """One context and some candidates, without what only one of both can say: booleans and empty categories."""
    rng = random.Random(seed)
    context = random_context(rng)
    if context.get("country") == "":
        del context["country"]
    if context.get("hour") is True:
        context["hour"] = 1
    return {"context": context, "candidates": [random_candidate(rng) for _ in range(num_rows)]}


def arrays(body: Body) -> dict[str, np.ndarray[Any, Any]]:
    """An array a feature: texts as objects, numbers as float64; lists are padded with empty texts."""
    rows = {"context": [body["context"]], "candidate": body["candidates"]}
    return {feature.name: _array(feature, rows[feature.scope]) for feature in CONFIG.features}


def _array(feature: Feature, rows: list[Body]) -> np.ndarray[Any, Any]:
    values = [row.get(feature.name) for row in rows]
    if isinstance(feature, NumericFeature):
        return np.array([np.nan if value is None else float(value) for value in values])
    if isinstance(feature, MultiCategoricalFeature):
        lists = [_elements(feature, value) for value in values]
        length = max(map(len, lists))
        padded = [[*each, *[""] * (length - len(each))] for each in lists]
        return np.array(padded, dtype=np.object_).reshape(len(rows), length)
    return np.array(["" if value is None else str(value) for value in values], dtype=np.object_)


def _elements(feature: MultiCategoricalFeature, value: Any) -> list[str]:
    if isinstance(value, str):
        return [part for part in value.split(feature.separator) if part]
    return [str(element) for element in value or () if element is not None]
