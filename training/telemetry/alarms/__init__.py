"""Alarms: what a person should look at, each rule with its limit, its reason and the way out (docs/telemetry.md)."""

from collections.abc import Mapping

from training.telemetry.alarms.conflict import ConflictRule
from training.telemetry.alarms.dead_units import DeadUnitsRule
from training.telemetry.alarms.gradient_jump import GradientJumpRule
from training.telemetry.alarms.rule import Finding, Rule
from training.telemetry.alarms.starved_task import StarvedTaskRule
from training.telemetry.alarms.too_fast import TooFastRule
from training.telemetry.alarms.too_slow import TooSlowRule
from training.telemetry.alarms.watch import Watch

__all__ = ["Finding", "Rule", "Watch", "all_rules"]


def all_rules(rates: Mapping[str, float], num_steps: int) -> tuple[Rule, ...]:
    """Every rule, for a run with these configured rates by subnet and so many steps at the most."""
    return (
        DeadUnitsRule(),
        TooFastRule(),
        TooSlowRule(rates, num_steps),
        GradientJumpRule(),
        StarvedTaskRule(),
        ConflictRule(),
    )
