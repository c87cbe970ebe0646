"""A gradient that is suddenly far longer than it used to be."""

from collections import deque
from collections.abc import Mapping
from statistics import median
from typing import Any, ClassVar

from training.history import Reading
from training.telemetry.alarms.rule import Finding, Rule, rate_setting

LIMIT = 20.0
"""Times the running median. In healthy runs a rare task had 12 times its median, once (docs/telemetry.md)."""
REMEMBERED = 50
"""Readings in the running median."""
FEWEST = 10
"""Readings before anything is judged: gradients grow twentyfold in the first steps, when the embeddings take shape."""


class GradientJumpRule(Rule):
    """A subnet's gradient is many times as long as in its own recent past: a run that diverges, or other rows."""

    kind: ClassVar[str] = "gradient_jump"
    readings: ClassVar[int] = 2

    def __init__(self) -> None:
        self._norms: dict[str, deque[float]] = {}

    def judge(self, reading: Reading) -> dict[str, Finding | None]:
        """By subnet of the network with enough of a past."""
        judged: dict[str, Finding | None] = {}
        for subnet, norm in reading.gradient_norms.items():
            past = self._norms.setdefault(subnet, deque(maxlen=REMEMBERED))
            usual = median(past) if len(past) >= FEWEST else 0.0
            if usual > 0 and subnet != "weighting":
                judged[subnet] = self._finding(subnet, norm, usual, reading) if norm > LIMIT * usual else None
            past.append(norm)
        return judged

    def state(self) -> dict[str, Any]:
        """The last norms of each subnet."""
        return {"norms": {subnet: list(past) for subnet, past in self._norms.items()}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        self._norms = {subnet: deque(past, maxlen=REMEMBERED) for subnet, past in state["norms"].items()}

    @staticmethod
    def _finding(subnet: str, norm: float, usual: float, reading: Reading) -> Finding:
        return Finding(
            subnet,
            f"its gradient is {norm / usual:,.0f} times as long as usual ({norm:.3g}, median {usual:.3g})",
            f"Look for extreme values or a changed unit in the log, or lower the learning rate of "
            f"{rate_setting(subnet, reading)}",
        )
