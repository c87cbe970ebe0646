"""What no peer has: a squared error over the rows in which a label counts.

None of the libraries knows a label that counts in some rows only. Their training is given this loss for durations, so
that they learn from the very labels that ours learns from.
"""

import torch
from torch import Tensor

NOT_COUNTED = -1.0
"""Stands for a label that does not count; log(1 + seconds) is never below zero."""


def squared_error(predicted: Tensor, label: Tensor, reduction: str = "mean") -> Tensor:
    """Squared error over the rows in which the label counts; zero where there are none."""
    counts = label > NOT_COUNTED / 2
    total = torch.square(predicted - label)[counts].sum()
    return total if reduction == "sum" else total / counts.sum().clamp(min=1)
