"""A model as it is judged: what it predicted on the newest rows, and how long it takes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.heads import Task
from models.manifest import Manifest
from models.predictor import Predictor
from models.reference import Reference
from training.evaluation.scored import Scored

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """A candidate or a champion; both have the same rows in the same order.

    Attributes:
        version: its name.
        predictor: encoder, network and calibration, as they serve.
        manifest: what it says of itself.
        scored: labels and predictions of the newest rows, which neither model was trained on.
        latency_ms: of a request, measured in turns with the other model; None where it was not measured.
        reference: of its training window; None for versions from before there was any.
    """

    version: str
    predictor: Predictor
    manifest: Manifest
    scored: Scored
    latency_ms: float | None = None
    reference: Reference | None = None

    def task(self, name: str) -> Task | None:
        """A task of the model; None where it has no such head."""
        return next((task for task in self.predictor.config.tasks if task.name == name), None)

    def predictions(self, task: Task, rows: NDArray[np.bool_]) -> list[Floats]:
        """Fields of a task's answer, in their order, [rows] each."""
        return [self.scored.predictions[field][rows] for field in task.prediction_names]
