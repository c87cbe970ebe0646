"""Compares a reduced precision with float32 on rows that neither training nor rounding saw."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from models.batch import EncodedBatch
from models.inference.compiled import CompiledPredictor
from models.inference.parts import Parts
from models.predictor import Predictor
from models.verdicts import ReducedPrecision, Verdict
from training.data.batches import TrainingBatch
from training.inference.config import InferenceConfig
from training.inference.graphs import BATCH_ROWS
from training.inference.verdict import verdict

ROWS_A_SPLIT = 10
"""One row of so many is predicted by the split graph too: each has a context of its own, and so a call of its own."""
Predict = Callable[[EncodedBatch], NDArray[np.float32]]
"""From encoded rows to predictions, [rows, fields]."""


def checked(
    predictor: Predictor,
    precision: ReducedPrecision,
    graphs: Mapping[str, bytes],
    rows: TrainingBatch,
    limits: InferenceConfig,
) -> Verdict:
    """The verdict on a precision: of whole rows, or of parted ones where only those are worse than they may be."""
    compiled = CompiledPredictor(predictor, precision=precision, graphs=graphs)
    if compiled.precision != precision:
        return Verdict(passed=False, reason="; ".join(compiled.passed_over), num_rows=0)
    exact = CompiledPredictor(predictor, engine="torch")
    parts = Parts.of(predictor.encoder)
    found = _compared(predictor, rows, BATCH_ROWS, exact.predict, compiled.predict, limits)
    if found.passed:
        few = rows.rows(torch.arange(0, len(rows), ROWS_A_SPLIT))
        parted = _compared(predictor, few, 1, exact.predict, lambda row: compiled.predict(parts.split(row)), limits)
        return found if parted.passed else parted
    return found


def _compared(
    predictor: Predictor,
    rows: TrainingBatch,
    batch_rows: int,
    exact: Predict,
    reduced: Predict,
    limits: InferenceConfig,
) -> Verdict:
    labels = {name: label.numpy().astype(np.float64) for name, label in rows.labels.items()}
    tasks = predictor.config.tasks
    fields = [name for task in tasks for name in task.prediction_names]
    before, after = (
        dict(zip(fields, _predicted(each, rows.inputs, size).T, strict=True))
        for each, size in ((exact, BATCH_ROWS), (reduced, batch_rows))
    )
    return verdict(tasks, labels, before, after, limits)


def _predicted(predict: Predict, rows: EncodedBatch, batch_rows: int) -> NDArray[np.float64]:
    """[rows, fields]."""
    parts = torch.split(torch.arange(len(rows)), batch_rows)
    return np.concatenate([predict(rows.rows(index)) for index in parts]).astype(np.float64)
