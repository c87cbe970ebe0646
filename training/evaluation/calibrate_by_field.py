"""Fits a calibration for each value of a feature, drawn towards the overall one as far as its rows are few.

Paper and law: `models/calibration/by_field.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.calibration import Amount, Calibration, Identity, Isotonic, Line, Platt, Smooth
from models.calibration.by_field import OwnCalibration
from models.encoder import Encoder
from models.features import CategoricalFeature
from models.features.rules import owner_of
from models.features.vocabulary import NUM_RESERVED, LearnedVocabulary
from models.heads import BinaryHead, Head, RegressionHead
from training.evaluation.believed import PRIOR_ROWS
from training.evaluation.calibrate_platt import average_one, fitted_line

VALUE_TO_VALUE = 0.1
"""By how much the true level of a value strays from what the overall calibration says of it: a share of a duration's or
an amount's mean, standard deviations of a regression label. PRIOR_ROWS events say the same of log-odds: 0.1 = 100^-0.5.
"""
SMALLEST_SCALE = 0.01
MIN_VALUE_ROWS = 50
"""With fewer observed rows a value keeps the overall calibration."""


@dataclass(frozen=True)
class CalibratedRows:
    """Held-out rows in which a task's label counts.

    Attributes:
        head: of the task.
        output: what it says, [rows, outputs].
        label: [rows].
        weight: for how many rows of average chance each one stands, [rows]; None where each stands for itself.
    """

    head: Head
    output: Tensor
    label: Tensor
    weight: Tensor | None = None

    def rows(self, mask: Tensor) -> "CalibratedRows":
        """Only the rows of a mask, [rows]."""
        weight = None if self.weight is None else self.weight[mask]
        return CalibratedRows(self.head, self.output[mask], self.label[mask], weight)


def own_calibrations(
    rows: CalibratedRows, overall: Calibration, values: Tensor, name_of: Callable[[int], str]
) -> tuple[OwnCalibration, ...]:
    """A calibration for each value with rows enough; none for rows whose value is missing or new.

    Args:
        rows: of the overall fit.
        overall: what was fitted on all of them.
        values: of the field, as rows in its feature's table, [rows].
        name_of: from such a row to the value, for people.
    """
    found, counts = torch.unique(values, return_counts=True)
    enough = found[(counts >= MIN_VALUE_ROWS) & (found >= NUM_RESERVED)].tolist()
    own = []
    for value in enough:
        calibration, scale = _own(rows.rows(values == value), overall)
        own.append(OwnCalibration(row=value, value=name_of(value), calibration=calibration, scale=scale))
    return tuple(own)


def _own(rows: CalibratedRows, overall: Calibration) -> tuple[Calibration, float]:
    """The calibration of one value, and its scale."""
    head = rows.head
    if isinstance(head, BinaryHead):
        assert isinstance(overall, Identity | Platt | Isotonic | Smooth), f"{overall.kind} calibrates no probability"
        logit = overall.logit((rows.output[:, 0] + head.base_logit).double()).numpy()
        weight = average_one(None if rows.weight is None else rows.weight.double().numpy(), len(logit))
        return overall.then(*fitted_line(logit, rows.label.double().numpy(), weight, level_rows=PRIOR_ROWS)), 1.0
    if isinstance(head, RegressionHead):
        line = overall if isinstance(overall, Line) else Line()
        error = head.taught(rows.label)[:, 0].double() - line.value(rows.output[:, 0].double())
        return line.model_copy(update={"intercept": line.intercept + _believed(error)}), 1.0
    predicted = head.predict(rows.output, overall)[head.task.name].double()
    error = (rows.label.double() - predicted) / predicted.mean().clamp(min=np.finfo(np.float64).tiny)
    scale = max(1.0 + _believed(error), SMALLEST_SCALE)
    if isinstance(overall, Amount):  # answers a probability too, which no scale may touch
        return overall.model_copy(update={"factor": scale * overall.factor}), 1.0
    return overall, scale


def _believed(error: Tensor) -> float:
    """The mean of errors, [rows], as far as their noise lets it be believed: a posterior mean around zero."""
    noise = float(error.var())
    return float(error.mean()) * len(error) / (len(error) + noise / VALUE_TO_VALUE**2)


def value_name(encoder: Encoder, field: str, row: int) -> str:
    """The value that a row of a categorical feature's table stands for; a hash does not tell it."""
    (owner,) = (owner_of(f) for f in encoder.features if f.name == field and isinstance(f, CategoricalFeature))
    vocabulary = encoder.fitted.vocabularies[owner]
    return vocabulary.values[row - NUM_RESERVED] if isinstance(vocabulary, LearnedVocabulary) else f"row {row}"
