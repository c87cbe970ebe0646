"""Reads a step: everything that is looked at, in the order in which a step makes it."""

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor

from models.network import Network
from training.history import Alarm, History, Reading
from training.objective import Objective
from training.optimizers import SubnetOptimizers
from training.telemetry.alarms import Watch, all_rules
from training.telemetry.between_tasks import BetweenTasks, Gramian, Pooled, gramian
from training.telemetry.dead_units import DeadUnits
from training.telemetry.gradients import gradient_norms
from training.telemetry.updates import Updates
from training.weightings import Weighting


class Telemetry:
    """Looks at chosen steps only, so that it can always be on (benchmarks/telemetry.py).

    Nothing that it does changes a weight: a run is bit for bit the same with any number of readings.

    Args:
        network: watched from its forward pass to its step.
        weighting: gives factors and sigmas.
        optimizers: hold gradients and rates.
        num_steps: steps that the run takes at the most.
    """

    def __init__(self, network: Network, weighting: Weighting, optimizers: SubnetOptimizers, num_steps: int) -> None:
        self._weighting = weighting
        self._optimizers = optimizers
        self._dead_units = DeadUnits(network.subnets())
        self._updates = Updates(optimizers)
        self._pooled = Pooled()
        self._watch = Watch(all_rules({name: config.rate for name, config in optimizers.configs.items()}, num_steps))
        self._forget()

    def _forget(self) -> None:
        self._gramian: Gramian | None = None
        self._weights: dict[str, float] = {}
        self._label_shares: dict[str, float] = {}
        self._rates: dict[str, float] = {}
        self._norms: dict[str, Tensor] = {}
        self._ratios: dict[str, Tensor] = {}

    def watching_forward(self) -> AbstractContextManager[None]:
        """Look at the hidden units of all forward passes inside the block."""
        return self._dead_units.watching()

    def before_backward(self, objective: Objective) -> None:
        """Look at how the tasks pull at what they share; their graph is kept."""
        self._gramian = gramian(objective)
        self._label_shares = dict(objective.shares)

    def before_step(self) -> None:
        """Look at the gradients and at what weighed and moves them, and remember the weights."""
        self._weights = self._weighting.weights()
        self._rates = self._optimizers.learning_rates()
        self._norms = gradient_norms(self._optimizers)
        self._updates.remember()

    def after_step(self) -> None:
        """Look at how far the weights moved."""
        self._ratios = self._updates.ratios()

    def reading(self, history: History, losses: dict[str, float]) -> Reading:
        """All that was seen since the last reading; empty for what no step was watched for."""
        between = BetweenTasks() if self._gramian is None else self._pooled.compared(self._gramian, self._weights)
        reading = Reading(
            step=history.num_steps,
            rows=history.num_rows,
            losses=losses,
            weights=self._weighting.weights(),
            sigmas=self._weighting.sigmas(),
            learning_rates=self._rates or self._optimizers.learning_rates(),
            dead_unit_shares=self._dead_units.shares(),
            gradient_norms=_finite(self._norms),
            update_ratios=_finite(self._ratios),
            label_shares=self._label_shares,
            pull_shares=between.shares,
            cosines=between.cosines,
            norm_ratios=between.norm_ratios,
        )
        self._forget()
        return reading

    def alarms(self, reading: Reading) -> list[Alarm]:
        """What a person should look at, raised once each time that it begins."""
        return self._watch.alarms(reading)

    def state(self) -> dict[str, Any]:
        """What outlives a step: the sums over readings, and the alarms that are on."""
        return {"pooled": self._pooled.state(), "watch": self._watch.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        self._pooled.restore(state["pooled"])
        self._watch.restore(state["watch"])


def _finite(values: Mapping[str, Tensor]) -> dict[str, float]:
    """The finite ones as numbers: a subnet whose weights were all zero has no ratio."""
    if not values:
        return {}
    numbers = dict(zip(values, torch.stack(list(values.values())).tolist(), strict=True))
    return {name: number for name, number in numbers.items() if math.isfinite(number)}
