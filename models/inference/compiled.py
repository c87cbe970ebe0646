"""A predictor made ready to serve: the same predictions, to float rounding, in a fraction of the time."""

import numpy as np
from numpy.typing import NDArray

from models.batch import EncodedBatch, SplitBatch
from models.inference.parts import Parts
from models.predictor import Predictor

Answers = NDArray[np.float32]
"""Predictions of some rows, [rows, fields]."""


class CompiledPredictor:
    """Predicts encoded rows, whole or parted into a context and its candidates.

    Attributes:
        fields: of an answer, in the order of the configuration.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._parts = Parts.of(predictor.encoder)
        self.fields = tuple(name for task in predictor.config.tasks for name in task.prediction_names)

    def predict(self, batch: EncodedBatch | SplitBatch) -> Answers:
        """Predictions of the rows, calibrated, [rows, fields]."""
        whole = self._parts.joined(batch) if isinstance(batch, SplitBatch) else batch
        predictions = self._predictor.predict_encoded(whole)
        return np.stack([predictions[field] for field in self.fields], axis=1)
