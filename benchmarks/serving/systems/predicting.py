"""The two ways of predicting that every peer wraps: ours, and the training network as a user would call it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.checkpoint import load_checkpoint
from models.inference import CompiledPredictor
from models.predictor import typed_column

Values = Sequence[object]
Row = Mapping[str, object]
Answers = list[dict[str, float]]


class EagerModel:
    """The training network in eager mode, on rows that each have all features."""

    def __init__(self, checkpoint: Path) -> None:
        torch.set_num_threads(1)
        self._predictor, manifest = load_checkpoint(checkpoint)
        self._features = manifest.model.features
        self.fields = tuple(name for task in manifest.model.tasks for name in task.prediction_names)

    def predict(self, rows: Sequence[Row]) -> Answers:
        """Predictions of rows, an object each."""
        columns = self.predict_columns({f.name: [row[f.name] for row in rows] for f in self._features}, len(rows))
        lists = [values.tolist() for values in columns.values()]
        return [dict(zip(columns, values, strict=True)) for values in zip(*lists, strict=True)]

    def predict_columns(self, columns: Mapping[str, Values], num_rows: int) -> dict[str, NDArray[np.float32]]:
        """Predictions of columns, [rows] each."""
        typed = {f.name: typed_column(f, columns[f.name]) for f in self._features}
        return self._predictor.predict(typed, num_rows)


class EngineModel:
    """The engine and the graph that we serve with, on a context and its candidates."""

    def __init__(self, checkpoint: Path) -> None:
        torch.set_num_threads(1)
        predictor, manifest = load_checkpoint(checkpoint)
        self._encoder = predictor.encoder
        self._compiled = CompiledPredictor.load(predictor, manifest)
        self._features = {feature.name: feature for feature in manifest.model.features}
        self.fields = self._compiled.fields

    def predict(self, context: Row, candidates: Sequence[Row]) -> Answers:
        """Predictions of candidates, an object each."""
        columns = {name: [row[name] for row in candidates] for name in candidates[0]}
        values = self.predict_columns({name: [value] for name, value in context.items()}, columns, len(candidates))
        return [dict(zip(self.fields, row, strict=True)) for row in values.tolist()]

    def predict_columns(
        self, context: Mapping[str, Values], columns: Mapping[str, Values], num_rows: int
    ) -> NDArray[np.float32]:
        """Predictions, [rows, fields]; the context has one value a feature."""
        shared = {name: typed_column(self._features[name], values) for name, values in context.items()}
        typed = {name: typed_column(self._features[name], values) for name, values in columns.items()}
        return self._compiled.predict(self._encoder.encode_split(typed, num_rows, shared))

    def predict_tensors(self, tensors: Mapping[str, Values]) -> dict[str, NDArray[np.float32]]:
        """Predictions by field, of a column a feature; those of the context have one value."""
        scopes = {name: self._features[name].scope for name in tensors}
        context = {name: values for name, values in tensors.items() if scopes[name] == "context"}
        columns = {name: values for name, values in tensors.items() if scopes[name] == "candidate"}
        values = self.predict_columns(context, columns, len(next(iter(columns.values()))))
        return {field: np.ascontiguousarray(values[:, at]) for at, field in enumerate(self.fields)}
