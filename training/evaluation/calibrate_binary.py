"""Fits the calibration of a binary head by the kind that its task asks for."""

from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from models.calibration import Identity, Isotonic, Platt, Smooth
from models.calibration.setting import BinaryCalibrationKind
from training.evaluation.calibrate_isotonic import fit_isotonic
from training.evaluation.calibrate_platt import fit_platt
from training.evaluation.calibrate_smooth import fit_smooth

Floats = NDArray[np.float64]


def fit_binary(
    kind: BinaryCalibrationKind, logit: Floats, label: Floats, weight: Floats | None = None
) -> Identity | Platt | Isotonic | Smooth:
    """The calibration of least log loss among those of a kind.

    Args:
        kind: as the task's setting says.
        logit: before calibration, [rows].
        label: 0 or 1, [rows].
        weight: for how many average rows each one stands, [rows]; 1 where none is given.
    """
    match kind:
        case "platt":
            return fit_platt(logit, label, weight)
        case "isotonic":
            return fit_isotonic(logit, label, weight)
        case "smooth":
            return fit_smooth(logit, label, weight)
        case "none":
            return Identity()
        case _:
            assert_never(kind)
