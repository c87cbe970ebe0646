"""A task that has no say in what the trunk learns."""

from math import sqrt
from typing import ClassVar

from training.history import Reading
from training.telemetry.alarms.rule import Finding, Rule, rate_setting

LIMIT = 0.01
"""Share of the pull, for a label that every row has. Healthy tasks stay far above it (docs/telemetry.md)."""
SOLVED = 0.1
"""A loss below this share of the base rate's has little left to pull for."""


def limit(task: str, reading: Reading) -> float:
    """Share of the pull below which a task is starved."""
    return LIMIT * sqrt(reading.label_shares.get(task, 1.0))


class StarvedTaskRule(Rule):
    """A task whose weighted gradient is next to nothing beside the others', while it still has something to learn.

    Where every label counts alike, a task that a share p of the rows has pulls by sqrt(p): its gradient has p times
    the factor, and its mean over fewer rows is 1 / sqrt(p) times as long. So its limit is lower by sqrt(p).
    A weight of zero is on purpose and not judged.
    """

    kind: ClassVar[str] = "starved_task"
    readings: ClassVar[int] = 10

    def judge(self, reading: Reading) -> dict[str, Finding | None]:
        """By task with a weight, a loss and something left to learn."""
        return {
            task: self._finding(task, share, reading) if share < limit(task, reading) else None
            for task, share in reading.pull_shares.items()
            if reading.weights.get(task, 1.0) > 0 and reading.losses.get(task, 0.0) > SOLVED
        }

    @staticmethod
    def _finding(task: str, share: float, reading: Reading) -> Finding:
        if reading.sigmas:
            way_out = f"raise the learning rate of {rate_setting('weighting', reading)}, so that its factor catches up"
        else:
            way_out = f'take [training.weighting] kind = "uncertainty", or a larger weight for {task}'
        return Finding(
            "shared",
            f"{task} has {share:.2%} of the tasks' pull on the shared representation, which learns nothing for it",
            f'Set loss_unit = "base_rate" in [training] if it is not; otherwise {way_out}',
        )
