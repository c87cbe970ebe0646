"""A rate that falls along half a cosine.

Loshchilov, Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017,
https://arxiv.org/abs/1608.03983, equation 5, in one period without a restart.
"""

import math
from typing import Literal

from pydantic import Field

from training.schedules.warmup import Warmup


class CosineSchedule(Warmup):
    """From the configured rate, when warm, down to a share of it at the last step that the run may take."""

    kind: Literal["cosine"]
    final_share: float = Field(default=0.0, ge=0, le=1)
    """What is left of the rate at the end. A run that patience ends earlier never gets there."""

    def factor(self, step: int, num_steps: int) -> float:
        """Share of the configured rate at a step, counted from 0, of `num_steps` at the most."""
        if step < self.warmup_steps:
            return self.warmth(step)
        done = min(1.0, (step - self.warmup_steps) / max(1, num_steps - 1 - self.warmup_steps))
        return self.final_share + (1 - self.final_share) * (1 + math.cos(math.pi * done)) / 2
