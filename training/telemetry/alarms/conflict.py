"""Two tasks that pull the same rows in opposite directions."""

from typing import ClassVar

from training.history import Reading
from training.telemetry.alarms.rule import Finding, Rule

LIMIT = -0.3
"""Cosine over the last readings. Labels are mostly chance, so healthy pairs lie near 0 (docs/telemetry.md)."""


class ConflictRule(Rule):
    """What one task gains on the shared representation the other loses, reading after reading."""

    kind: ClassVar[str] = "conflict"
    readings: ClassVar[int] = 10

    def judge(self, reading: Reading) -> dict[str, Finding | None]:
        """By pair of tasks."""
        return {
            pair: self._finding(pair, cosine) if cosine < LIMIT else None for pair, cosine in reading.cosines.items()
        }

    @staticmethod
    def _finding(pair: str, cosine: float) -> Finding:
        both = " and ".join(pair.split(" / "))
        return Finding(
            "shared",
            f"{both} pull the shared representation against each other (cosine {cosine:.2f})",
            'Give them room of their own by [model.trunk] kind = "mmoe" with a higher num_experts, or settle it by '
            '[training.weighting] kind = "gradients"',
        )
