"""What a task says of its calibration."""

from typing import Literal

from models.frozen import Frozen
from models.names import ColumnName

BinaryCalibrationKind = Literal["platt", "isotonic", "smooth", "none"]


class CalibrationSetting(Frozen):
    """How a head's predictions are made right on held-out rows."""

    by: ColumnName | None = None
    """Also by the values of this categorical feature, say the placement: each value that has rows enough moves away
    from the overall calibration as far as its rows are evidence for it."""


class BinaryCalibrationSetting(CalibrationSetting):
    """How the probabilities of a binary head are made right on held-out rows."""

    kind: BinaryCalibrationKind = "platt"
    """The function from logit to logit: a line, any increasing one, a line that may bend a little, or none."""
