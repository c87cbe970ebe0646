"""What every engine makes of a graph: something that is called with tensors."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

PredictedRows = NDArray[np.float32]
"""Predictions of some rows, [rows, fields]."""


class Runner(Protocol):
    """One graph in one engine; called from one thread at a time."""

    def __call__(self, *inputs: Tensor) -> PredictedRows:
        """The graph's predictions, [rows, fields]."""
