"""A rate that stays."""

from typing import Literal

from training.schedules.warmup import Warmup


class ConstantSchedule(Warmup):
    """The configured rate from the end of the warm-up on."""

    kind: Literal["constant"] = "constant"

    def factor(self, step: int, num_steps: int) -> float:
        """Share of the configured rate at a step, counted from 0."""
        return self.warmth(step)
