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
from training.history import Alarm

ALARM_SHARE = 0.5
"""Alarm when more than this share of a subnet's units is dead; healthy ReLU subnets stay well below it."""
ALARM_READINGS = 2
"""In so many readings in a row: a single batch may be odd."""
SMALLEST_ALIVE = 1e-6
"""A smooth activation is never exactly zero; below this it passes nothing on."""


class DeadUnits:
    """Measures, for chosen steps only, the share of dead hidden units of each subnet."""

    def __init__(self, subnets: Mapping[str, nn.Module]) -> None:
        self._activations = {
            name: [module for module in subnet.modules() if isinstance(module, Activation)]
            for name, subnet in subnets.items()
        }
        self._alive: dict[str, list[Tensor]] = {}
        self._streaks = dict.fromkeys(subnets, 0)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look at all forward passes inside the block."""
        self._alive = {name: [] for name, found in self._activations.items() if found}
        handles: list[RemovableHandle] = []
        for name, found in self._activations.items():
            handles += [module.register_forward_hook(self._hook(name)) for module in found]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def shares(self) -> dict[str, float]:
        """By subnet with hidden units, the share that was zero for every row of the watched batch."""
        return {name: 1.0 - float(torch.cat(alive).float().mean()) for name, alive in self._alive.items() if alive}

    def alarms(self, step: int, learning_rates: Mapping[str, float]) -> list[Alarm]:
        """Subnets whose dead share has just been too high for several readings in a row."""
        found: list[Alarm] = []
        for name, share in self.shares().items():
            self._streaks[name] = self._streaks[name] + 1 if share > ALARM_SHARE else 0
            if self._streaks[name] == ALARM_READINGS:
                found.append(_alarm(step, name, share, learning_rates.get(name)))
        return found

    def _hook(self, name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - torch has no public type for a hook
        def look(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            self._alive[name].append((output.detach().abs() > SMALLEST_ALIVE).any(dim=0))

        return look


def _alarm(step: int, name: str, share: float, learning_rate: float | None) -> Alarm:
    rate = "" if learning_rate is None else f" from {learning_rate:g}"
    return Alarm(
        step=step,
        subnet=name,
        evidence=f"{share:.0%} of its hidden units are zero for every row",
        advice=f'Lower the learning rate of [training.optimizers."{name}"]{rate}, or use activation = "silu"',
    )
