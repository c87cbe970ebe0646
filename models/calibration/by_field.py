"""A calibration for each value of a feature, say the placement, beside the one for all rows.

A head that is right overall can be wrong in every placement. Held-out rows of a value say by how much, and a value with
few of them stays near the overall calibration: partial pooling, as in Gelman, Hill, "Data Analysis Using Regression and
Multilevel/Hierarchical Models", 2007, chapter 12. `training/evaluation/by_field.py` fits it.
"""

from functools import cached_property
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from models.calibration import Calibration
from models.frozen import Frozen
from models.heads import Head
from models.names import ColumnName


class OwnCalibration(Frozen):
    """What replaces the overall calibration for one value."""

    row: int = Field(ge=0)
    """The value's row in the table of the feature."""
    value: str
    """The value, for people."""
    calibration: Calibration
    """Of the head's output."""
    scale: float = Field(default=1.0, gt=0)
    """What the calibrated seconds or amounts are multiplied by; 1 for a probability."""


class ByField(Frozen):
    """The overall calibration, and those of values with rows enough; missing and new values get the overall one."""

    kind: Literal["by_field"] = "by_field"
    field: ColumnName
    """The categorical feature."""
    overall: Calibration
    own: tuple[OwnCalibration, ...] = ()

    def predict(self, head: Head, output: Tensor, rows: Tensor) -> dict[str, Tensor]:
        """The head's predictions, [batch] each.

        Args:
            head: whose calibration this is.
            output: what the head says, [batch, outputs].
            rows: each row's value as its row in the feature's table, [batch].
        """
        predicted = head.predict(output, self.overall)
        for value in torch.unique(rows).tolist():
            if (own := self._by_row.get(value)) is None:
                continue
            (index,) = (rows == value).nonzero(as_tuple=True)
            for field, values in head.predict(output[index], own.calibration).items():
                predicted[field] = predicted[field].index_copy(0, index, own.scale * values)
        return predicted

    @cached_property
    def _by_row(self) -> dict[int, OwnCalibration]:
        return {own.row: own for own in self.own}


TaskCalibration = Annotated[Calibration | ByField, Field(discriminator="kind")]
"""What a task may be calibrated by."""
