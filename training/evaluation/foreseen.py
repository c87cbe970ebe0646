"""What can be foreseen of some columns from others: least squares on these and on random bends of them.

Rahimi and Recht, "Weighted Sums of Random Kitchen Sinks", NIPS 2008: a hidden layer of random units, of which only
what comes after is fitted. A straight line alone leaves over what a reader's tower can bend into shape. Of noise it
foresees the ratio of columns to rows, so what is left over is rather too small than too large.
"""

import torch
from torch import Tensor

NUM_UNITS = 256
"""On planted logs (benchmarks/edges.py, other seeds) 128 left a bias of 0.01% of the loss that five runs could see."""
ROWS_A_UNIT = 10
SEED = 0
RIDGE = 1e-6
"""Keeps the fit solvable where a unit is dead; a share of the mean variance of what is fitted from."""
TINY = 1e-30


def fitted(x: Tensor, y: Tensor) -> Tensor:
    """What is foreseen of y, [rows, outputs] in 64 bits, from x, [rows, width]; constants are free."""
    x, y = _bent(x.double()), y.double()
    centred = x - x.mean(dim=0)
    inner = centred.T @ centred
    inner += torch.eye(len(inner), dtype=inner.dtype) * max(RIDGE * float(inner.diagonal().mean()), TINY)
    foreseen: Tensor = y.mean(dim=0) + centred @ torch.linalg.solve(inner, centred.T @ (y - y.mean(dim=0)))
    return foreseen


def _bent(x: Tensor) -> Tensor:
    """The columns in units of their deviation, and what random units make of them; fewer units where rows are few."""
    rows, width = x.shape
    num_units = min(NUM_UNITS, rows // ROWS_A_UNIT)
    random = torch.Generator().manual_seed(SEED)
    directions = torch.randn(width, num_units, generator=random, dtype=x.dtype) / width**0.5
    starts = torch.randn(num_units, generator=random, dtype=x.dtype)
    scaled = (x - x.mean(dim=0)) / x.std(dim=0).clamp(min=1e-12)
    return torch.cat([scaled, torch.relu(scaled @ directions + starts)], dim=1)
