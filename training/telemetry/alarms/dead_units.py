"""A subnet that has lost most of its hidden units."""

from typing import ClassVar

from training.history import Reading
from training.telemetry.alarms.rule import Finding, Rule, rate_setting

LIMIT = 0.6
"""Share of the units. Healthy heads had at most 0.56 after the first steps, in batches of 64 rows, in which a seldom
used unit looks dead, and 0.44 in batches of 512; a rate 100 times too high leaves at least 0.79 (docs/telemetry.md)."""
EARLIEST_STEP = 10
"""Before anything is learned all rows look alike to a head, and half of its units may be zero by the luck of its first
weights: up to 58% in the first step of a healthy run."""


class DeadUnitsRule(Rule):
    """Most of a subnet's units are zero for every row: it has less room than it was given."""

    kind: ClassVar[str] = "dead_units"
    readings: ClassVar[int] = 2

    def judge(self, reading: Reading) -> dict[str, Finding | None]:
        """By subnet with hidden units, once the first weights have moved."""
        if reading.step < EARLIEST_STEP:
            return {}
        return {
            subnet: self._finding(subnet, share, reading) if share > LIMIT else None
            for subnet, share in reading.dead_unit_shares.items()
        }

    @staticmethod
    def _finding(subnet: str, share: float, reading: Reading) -> Finding:
        return Finding(
            subnet,
            f"{share:.0%} of its hidden units are zero for every row",
            f'Lower the learning rate of {rate_setting(subnet, reading)}, or use activation = "silu"',
        )
