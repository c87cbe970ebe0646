"""Three versions of a model in a registry, and what each of them predicts for some bodies."""

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.workers_model import CANDIDATE, CONTEXT, TASKS, item, saved
from models.registry import Registry
from service.engine import Engine
from service.settings import Settings

NUM_VERSIONS = 3
NUM_BODIES = 16
ROWS = 50
TABLE_BYTES = 64 << 20
NUM_LEARNED = 100_000
"""Ids of the learned vocabulary, which each process makes anew for each version."""
CLOSE = 1e-3
"""How far an answer may be from its version's prediction, in parts of it; those of two versions are further apart."""


def made(folder: Path, num_learned: int = NUM_LEARNED) -> Registry:
    """A registry with the versions, the first of which is the champion."""
    registry = Registry(folder)
    names = [saved(folder, num_learned, TABLE_BYTES).name for _ in range(NUM_VERSIONS)]
    registry.promote(names[0], who="benchmark")
    return registry


def bodies(num_learned: int = NUM_LEARNED) -> list[bytes]:
    """Requests of one context and fifty candidates."""
    random = Random(1)

    def candidate() -> dict[str, Any]:
        others = {name: random.randrange(10**9) for name in CANDIDATE if name != "item_id"}
        return {"item_id": item(random.randrange(num_learned)), **others}

    return [
        json.dumps(
            {
                "context": {name: random.randrange(10**9) for name in CONTEXT},
                "candidates": [candidate() for _ in range(ROWS)],
                "layout": "columns",
            }
        ).encode()
        for _ in range(NUM_BODIES)
    ]


class Oracle:
    """Knows what each version predicts.

    Args:
        registry: of the versions.
        asked: the bodies.
    """

    def __init__(self, registry: Registry, asked: Sequence[bytes]) -> None:
        self._expected: dict[tuple[str, int], NDArray[np.float64]] = {}
        for version in registry.versions():
            engine = Engine.load(Settings(checkpoint=Path(registry.place_of(version))))
            for number, body in enumerate(asked):
                outcome = engine.predict_now(engine.read(body))
                self._expected[version, number] = outcome.values.T.astype(np.float64)
        for number in range(len(asked)):
            first, *others = [self._expected[version, number] for version in registry.versions()]
            assert all(np.abs(other / first - 1).max() > 10 * CLOSE for other in others), "versions look the same"

    def is_right(self, number: int, answer: dict[str, Any]) -> bool:
        """Whether the answer to a body is what the version predicts that it names."""
        found = np.array([answer["predictions"][name] for name in TASKS])
        expected = self._expected[answer["version"], number]
        return bool(np.abs(found / expected - 1).max() < CLOSE)
