"""Which rates are tried for a subnet, and which holds until one is found."""

from collections.abc import Mapping

import numpy as np
from torch import nn

from training.optimizers import OptimizerConfig
from training.optimizers.groups import claimed, refuse_idle
from training.schedules import ConstantSchedule

SPANS: dict[str, tuple[float, float]] = {
    "adamw": (1e-5, 1.0),
    "sparse_adam": (1e-4, 1.0),
    "rowwise_adagrad": (1e-3, 10.0),
}
"""By kind of optimizer, the lowest and the highest rate of a sweep. Adam moves a weight by about its rate a step, so
beyond 1 no network is left; AdaGrad's steps become smaller as they add up, so its rates are larger."""
FIRST_RATES: dict[str, float] = {"adamw": 1e-3, "sparse_adam": 1e-2, "rowwise_adagrad": 0.1}
"""By kind, what holds for an automatic rate until its own sweep."""


def trained_groups(
    subnets: Mapping[str, nn.Module], configured: Mapping[str, OptimizerConfig]
) -> dict[str, OptimizerConfig]:
    """The settings of each subnet that has something to train, as configured: "auto" stays "auto".

    Raises:
        ConfigError: a setting that claims no subnet or no parameter, or a subnet that several claim.
    """
    parameters = {name: list(subnet.parameters()) for name, subnet in subnets.items()}
    refuse_idle(parameters, configured)
    return {name: claimed(name, configured) for name, held in parameters.items() if held}


def with_rate(group: OptimizerConfig, rate: float) -> OptimizerConfig:
    """The same optimizer with another rate."""
    return group.model_copy(update={"learning_rate": rate})


def first_group(subnet: str, group: OptimizerConfig) -> OptimizerConfig:
    """The group at its configured rate, or at one to begin with where that is automatic; without its schedule.

    A warm-up would hide the rate that a short run is there to show.
    """
    rate = group.learning_rate
    if rate == "auto":
        default = claimed(subnet, {})
        rate = default.rate if default.kind == group.kind else FIRST_RATES[group.kind]
    return group.model_copy(update={"learning_rate": rate, "schedule": ConstantSchedule()})


def rising_rates(group: OptimizerConfig, num_rates: int) -> list[float]:
    """Rates of a sweep from the lowest to the highest, in equal ratios."""
    low, high = SPANS[group.kind]
    return [float(rate) for rate in np.geomspace(low, high, num_rates)]


def within_span(group: OptimizerConfig, rate: float) -> float:
    """The rate, or the end of the span that it lies beyond."""
    low, high = SPANS[group.kind]
    return min(max(rate, low), high)


def is_within_span(group: OptimizerConfig, rate: float) -> bool:
    """Whether the rate is one that is tried; a little beyond the ends, where a ladder does not meet them."""
    low, high = SPANS[group.kind]
    return low * 0.99 <= rate <= high * 1.01
