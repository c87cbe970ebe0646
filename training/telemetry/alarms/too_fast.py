"""A rate so high that a step replaces what a subnet is."""

from typing import ClassVar

from training.history import Reading
from training.telemetry.alarms.rule import Finding, Rule, rate_setting

LIMIT = 0.5
"""Of update to weight. Healthy first steps had up to 0.044, all later ones less; a rate 100 times too high has 0.8 to
2.6 in its first step (docs/telemetry.md)."""
NOT_JUDGED = ("embeddings", "weighting")


class TooFastRule(Rule):
    """One step moves a subnet by more than half of its length.

    One reading is enough: AdamW bounds what a single batch can do to about three times the rate a weight, so that no
    odd batch gets here, and after a few such steps the weights are so long that the ratio looks healthy again.

    Two subnets are not judged. A table's rows are small at first and move by the rate when they are touched for the
    first time, which is nearly twice their length in a healthy run. A log-variance of zero has no length.
    """

    kind: ClassVar[str] = "too_fast"
    readings: ClassVar[int] = 1

    def judge(self, reading: Reading) -> dict[str, Finding | None]:
        """By dense subnet of the network."""
        return {
            subnet: self._finding(subnet, ratio, reading) if ratio > LIMIT else None
            for subnet, ratio in reading.update_ratios.items()
            if subnet not in NOT_JUDGED
        }

    @staticmethod
    def _finding(subnet: str, ratio: float, reading: Reading) -> Finding:
        return Finding(
            subnet,
            f"one step moved its weights by {ratio:.0%} of their length",
            f"Lower the learning rate of {rate_setting(subnet, reading)}, or let it rise over schedule.warmup_steps",
        )
