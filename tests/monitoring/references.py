"""A tiny checkpoint that knows what it predicted for the rows that it was tested on."""

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.reference import CategoricalReference, NumericReference, PredictionReference, Reference, bin_counts
from models.reference.bins import quantile_edges
from service.engine import Engine
from service.settings import Settings
from tests.service.tiny import FIELDS, random_candidate, random_context, save_tiny

BINS = 10


def bodies(rng: random.Random, num: int, num_rows: int = 50) -> list[dict[str, Any]]:
    """Requests of the same kind of traffic."""
    return [
        {"context": random_context(rng), "candidates": [random_candidate(rng) for _ in range(num_rows)]}
        for _ in range(num)
    ]


def reference_of(values: NDArray[np.float32]) -> Reference:
    """What a test window with these predictions, [rows, fields], leaves behind."""
    predictions = {}
    for place, field in enumerate(FIELDS):
        column = values[:, place].astype(np.float64)
        edges = quantile_edges(column, BINS)
        counts = bin_counts(edges, column)
        predictions[field] = PredictionReference(
            rows=len(column),
            edges=edges,
            shares=tuple((counts / len(column)).tolist()),
            mean=float(column.mean()),
        )
    seen = {"rows": 1000, "usual_psi": 0.0, "usual_information": {}}
    return Reference(
        rows=1000,
        newest=datetime(2026, 1, 1, tzinfo=UTC),
        rows_by_partition={},
        fingerprints={},
        features={
            "price": NumericReference(edges=(1.0,), shares=(0.5, 0.5), missing=0.25, usual_missing=0.125, **seen),
            "item_id": CategoricalReference(
                top=("i1",), shares=(0.1, 0.9), missing=0.0, usual_missing=0.0, usual_unknown=0.125, **seen
            ),
            "tags": CategoricalReference(
                top=("new",), shares=(0.1, 0.9), missing=0.0, usual_missing=0.0, usual_unknown=0.5, **seen
            ),
        },
        tasks={},
        predictions=predictions,
    )


def predicted(engine: Engine, asked: Sequence[dict[str, Any]]) -> NDArray[np.float32]:
    """Predictions of the rows of these requests, [rows, fields]."""
    return np.concatenate([engine.predict_now(engine.read(json.dumps(body).encode())).values for body in asked])


def save_referenced(folder: Path, seed: int = 7) -> Path:
    """A version whose reference is of random traffic."""
    plain = save_tiny(folder / "plain", seed=seed)
    engine = Engine.load(Settings(checkpoint=plain))
    reference = reference_of(predicted(engine, bodies(random.Random(1), 40)))
    return save_tiny(folder / "versions", reference=reference, seed=seed)
