"""A running average of the weights: what validation looks at, what is kept, and what the run ends with.

Polyak, Juditsky, "Acceleration of Stochastic Approximation by Averaging", SIAM J. Control Optim. 30, 1992; with weights
that fall off as in Kingma, Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015,
https://arxiv.org/abs/1412.6980, section 7.2. At a constant rate the weights go on trembling around where they are
drawn to; their average lies nearer, without a schedule that would have to know how long the run is.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from models.network import Network

HEAD_START = 10
"""After n steps the average keeps at most (n + 1) / (n + 10) of itself, so that it soon forgets the first weights."""


class RunningAverage:
    """Follows a network's weights, and its running statistics where it has some.

    Args:
        network: is averaged; training goes on with its own weights.
        decay: share of itself that the average keeps at a step; with 0 the weights are taken as they are.
    """

    def __init__(self, network: Network, decay: float) -> None:
        self._network = network
        self._decay = decay
        self._num_steps = 0
        self._average = [tensor.clone() for tensor in self._followed()]

    @torch.no_grad()
    def add(self) -> None:
        """A step was made."""
        if self._average:
            self._num_steps += 1
            kept = min(self._decay, (self._num_steps + 1) / (self._num_steps + HEAD_START))
            for average, now in zip(self._average, self._followed(), strict=True):
                average.lerp_(now, 1 - kept)

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Inside the block the network has the average for its weights, and after it its own again."""
        own = [tensor.clone() for tensor in self._followed()] if self._average else []
        self._set(self._average)
        try:
            yield
        finally:
            self._set(own)

    def state(self) -> dict[str, Any]:
        """The average, and how many steps are in it."""
        return {"num_steps": self._num_steps, "average": self._average}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        self._num_steps = state["num_steps"]
        for average, kept in zip(self._average, state["average"], strict=True):
            average.copy_(kept)

    def _set(self, values: list[Tensor]) -> None:
        for tensor, value in zip(self._followed() if values else [], values, strict=True):
            tensor.copy_(value)

    def _followed(self) -> list[Tensor]:
        """The tensors themselves, those that a checkpoint stores; none where nothing is averaged."""
        stored = self._network.state_dict().values() if self._decay else []
        return [tensor.detach() for tensor in stored if tensor.is_floating_point()]
