"""Which of a task's calibrations each row has, where a task is calibrated by a field."""

import numpy as np
import torch
from torch import Tensor

from models.batch import EncodedBatch, SplitBatch
from models.calibration.by_field import ByField
from models.columns import Codes
from models.inference.parts import Parts
from models.predictor import Predictor


class OwnCalibrations:
    """From table rows to positions among calibrations: 0 for that of all rows, then in the order of `ByField.own`.

    Attributes:
        num_tasks: calibrated by a field.
    """

    def __init__(self, predictor: Predictor) -> None:
        encoder, parts = predictor.encoder, Parts.of(predictor.encoder)
        calibrations = [predictor.calibrations[task.name] for task in predictor.config.tasks]
        held = [calibration for calibration in calibrations if isinstance(calibration, ByField)]
        self.num_tasks = len(held)
        self._lookups = [_Lookup(calibration, encoder.first_row(calibration.field)) for calibration in held]
        self._columns = [encoder.id_features.index(calibration.field) for calibration in held]
        self._in_context = [column in parts.context_ids for column in self._columns]
        self._in_part = [
            (parts.context_ids if of_context else parts.candidate_ids).index(column)
            for column, of_context in zip(self._columns, self._in_context, strict=True)
        ]

    def of_rows(self, batch: EncodedBatch) -> tuple[Tensor, ...]:
        """One tensor, int64 [batch, tasks calibrated by a field]; none where there is no such task."""
        columns = [batch.ids[:, column] for column in self._columns]
        return self._found(columns, len(batch))

    def of_parts(self, batch: SplitBatch) -> tuple[Tensor, ...]:
        """The same, of the candidates; a value of the context is that of all of them."""
        ids = [(batch.context if of_context else batch.candidates).ids for of_context in self._in_context]
        return self._found([each[:, column] for each, column in zip(ids, self._in_part, strict=True)], len(batch))

    def _found(self, columns: list[Tensor], num_rows: int) -> tuple[Tensor, ...]:
        if not columns:
            return ()
        found = np.empty((num_rows, len(columns)), np.int64)
        for position, (lookup, rows) in enumerate(zip(self._lookups, columns, strict=True)):
            found[:, position] = lookup(rows.numpy())
        return (torch.from_numpy(found),)


class _Lookup:
    def __init__(self, calibration: ByField, first_row: int) -> None:
        rows = np.array([own.row for own in calibration.own], np.int64) + first_row
        self._order = np.append(np.argsort(rows) + 1, 0)
        self._sorted = np.sort(rows)
        self._padded = np.append(self._sorted, -1)  # what is larger than all of them is none of them

    def __call__(self, rows: Codes) -> Codes:
        places = np.searchsorted(self._sorted, rows)
        return np.where(self._padded[places] == rows, self._order[places], 0)
