"""A rate so low that a subnet stays where it began."""

from collections.abc import Mapping
from typing import ClassVar

from training.history import Reading
from training.telemetry.alarms.rule import Finding, Rule, rate_setting

LIMIT = 0.01
"""Of the weights' length. At their slowest reading healthy subnets go half of it in 1,000 steps (docs/telemetry.md)."""
FEWEST_STEPS = 1_000
"""A run of a few steps moves nothing far, whatever its rates are."""
FULL_RATE = 0.1
"""Share of the configured rate below which a warm-up or the end of a cosine holds the subnet back, on purpose."""


class TooSlowRule(Rule):
    """A subnet that, at its pace, moves by less than a hundredth of its length in the whole run.

    A rate of zero freezes on purpose, and a subnet without a gradient is not held back by its rate: neither is judged.

    Args:
        rates: the configured rate by subnet.
        num_steps: that the run takes at the most.
    """

    kind: ClassVar[str] = "too_slow"
    readings: ClassVar[int] = 5

    def __init__(self, rates: Mapping[str, float], num_steps: int) -> None:
        self._rates = rates
        self._num_steps = max(num_steps, FEWEST_STEPS)

    def judge(self, reading: Reading) -> dict[str, Finding | None]:
        """By subnet with a gradient and a rate."""
        return {
            subnet: self._finding(subnet, ratio, reading) if ratio * self._num_steps < LIMIT else None
            for subnet, ratio in reading.update_ratios.items()
            if reading.gradient_norms.get(subnet, 0) > 0 and self._runs_free(subnet, reading)
        }

    def _runs_free(self, subnet: str, reading: Reading) -> bool:
        return reading.learning_rates[subnet] > FULL_RATE * self._rates[subnet]

    def _finding(self, subnet: str, ratio: float, reading: Reading) -> Finding:
        return Finding(
            subnet,
            f"at this pace its weights move by at most {ratio * self._num_steps:.2g} of their length in "
            f"{self._num_steps:,} steps",
            f"Raise the learning rate of {rate_setting(subnet, reading)}, or set it to 0 if the subnet is to stay",
        )
