"""Fits the line through the output of a regression head."""

import numpy as np
from numpy.typing import NDArray

from models.calibration import Line
from training.evaluation.believed import DAY_TO_DAY, PRIOR_ROWS

SMALLEST_SLOPE = 0.01
"""Of a regression head: one that is upside down predicts nearly a constant rather than turn the candidates around."""


def fit_line(output: NDArray[np.float64], label: NDArray[np.float64]) -> Line:
    """Slope and level of least squared error, as far as noisy rows can be believed.

    Both are posterior means under a normal prior that the head is right: the slope moves with a weight of PRIOR_ROWS
    rows, as that of a binary head, and the level as far as `believed_mean` lets one of a duration. The more the labels
    stray from the output, the less is believed: 50 noisy rows move little, and a day of 100,000 nearly everything. So
    predicted and observed mean agree on the rows of the fit only as far as their observed mean is known.

    Args:
        output: standardised values, [rows].
        label: standardised too, [rows].
    """
    error = label - output
    centred = output - output.mean()
    noise = float(error.var())
    known = float(np.square(centred).sum()) + PRIOR_ROWS * noise
    slope = max(1.0 + float((centred * error).sum()) / known, SMALLEST_SLOPE) if known else 1.0
    level = float(error.mean()) * len(error) / (len(error) + noise / DAY_TO_DAY**2)
    return Line(slope=slope, intercept=level + (1.0 - slope) * float(output.mean()))
