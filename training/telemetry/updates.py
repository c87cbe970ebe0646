"""How far a step moves each subnet, in units of the subnet's own length: the ratio of update to weight.

A rule of thumb puts it near 1e-3 for a network that learns well: Karpathy, "CS231n: Learning and Evaluation", Stanford
2015, https://cs231n.github.io/neural-networks-3/#ratio; what is normal here is in docs/telemetry.md.
"""

import torch
from torch import Tensor, nn

from training.optimizers import SubnetOptimizers
from training.telemetry.gradients import touched_rows, trained

Moving = list[tuple[nn.Parameter, Tensor | None]]


class Updates:
    """Remembers the weights before a step, and measures what the step did to them.

    Of a table only the rows with a gradient are copied and counted: no other row moves, and a table may be larger
    than everything else together.
    """

    def __init__(self, optimizers: SubnetOptimizers) -> None:
        self._optimizers = optimizers
        self._moving: dict[str, Moving] = {}
        self._before: dict[str, Tensor] = {}

    def remember(self) -> None:
        """Copy the weights that are about to move."""
        for name, parameters in trained(self._optimizers).items():
            self._moving[name] = [(parameter, touched_rows(parameter)) for parameter in parameters]
            self._before[name] = _flat(self._moving[name])

    def ratios(self) -> dict[str, Tensor]:
        """By subnet with a gradient, |after - before| / |before|, a scalar: infinite or NaN where it was all zeros."""
        found = {}
        for name, before in self._before.items():
            found[name] = (_flat(self._moving[name]) - before).norm() / before.norm()
        self._moving, self._before = {}, {}
        return found


def _flat(moving: Moving) -> Tensor:
    """Copies of the parameters, or of their rows, as one vector."""
    parts = [parameter.detach() if rows is None else parameter.detach()[rows] for parameter, rows in moving]
    return torch.cat([part.flatten() for part in parts])
