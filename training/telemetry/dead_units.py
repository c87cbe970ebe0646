"""Watches hidden units while the network trains: a unit that is zero for every row no longer learns.

Lu, Shin, Su, Karniadakis, "Dying ReLU and Initialization", 2019, https://arxiv.org/abs/1903.06733. In production
rankers whole experts were found over 90% zero: HoME, 2024, https://arxiv.org/abs/2408.05430.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from models.mlp import Activation

SMALLEST_ALIVE = 1e-6
"""A smooth activation is never exactly zero; below this it passes nothing on."""


class DeadUnits:
    """Measures, for chosen steps only, the share of dead hidden units of each subnet."""

    def __init__(self, subnets: Mapping[str, nn.Module]) -> None:
        self._activations = {
            name: [module for module in subnet.modules() if isinstance(module, Activation)]
            for name, subnet in subnets.items()
        }
        self._largest: dict[str, list[Tensor]] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look at all forward passes inside the block; no hook is left behind."""
        self._largest = {name: [] for name, found in self._activations.items() if found}
        handles: list[RemovableHandle] = []
        for name, found in self._activations.items():
            handles += [module.register_forward_hook(self._hook(name)) for module in found]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def shares(self) -> dict[str, float]:
        """By subnet with hidden units, the share that was zero for every row of the watched batch; forgets it."""
        largest, self._largest = self._largest, {}
        return {
            name: float((torch.cat(found) <= SMALLEST_ALIVE).float().mean()) for name, found in largest.items() if found
        }

    def _hook(self, name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - torch has no public type for a hook
        def look(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            self._largest[name].append(output.detach().abs().amax(dim=0))

        return look
