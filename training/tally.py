"""Mean training losses over some steps: two numbers a task however many steps, and no wait for the device."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Mean:
    """The mean of a loss over steps.

    Attributes:
        value: the mean.
        error: its standard error, from the scatter of the steps; infinite for fewer than two of them.
    """

    value: float
    error: float = math.inf


class Tally:
    """Losses of the steps since it was last emptied."""

    def __init__(self) -> None:
        self.num_steps = 0
        self._num: dict[str, int] = {}
        self._moments: dict[str, Tensor] = {}

    def add(self, losses: Mapping[str, Tensor]) -> None:
        """Take in a step: by task, a scalar."""
        self.num_steps += 1
        for name, loss in losses.items():
            held = loss.detach().double()
            moments = torch.stack([held, held.square()])
            self._moments[name] = self._moments[name].to(held.device) + moments if name in self._moments else moments
            self._num[name] = self._num.get(name, 0) + 1

    def means(self) -> dict[str, Mean]:
        """By task that had a loss in any of the steps."""
        return {name: _mean(self._num[name], *moments.tolist()) for name, moments in self._moments.items()}

    def clear(self) -> None:
        """Forget all steps."""
        self.num_steps = 0
        self._num, self._moments = {}, {}

    def state(self) -> dict[str, Any]:
        """The steps so far."""
        return {"num_steps": self.num_steps, "num": dict(self._num), "moments": dict(self._moments)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        self.num_steps, self._num = state["num_steps"], dict(state["num"])
        self._moments = {name: moments.clone() for name, moments in state["moments"].items()}


def _mean(num: int, total: float, squares: float) -> Mean:
    if num < 2:
        return Mean(total / num)
    variance = max(0.0, squares - total**2 / num) / (num - 1)
    return Mean(total / num, math.sqrt(variance / num))
