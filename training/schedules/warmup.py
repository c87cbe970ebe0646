"""The rise of a rate over the first steps.

Goyal et al., "Accurate, Large Minibatch SGD", 2017, https://arxiv.org/abs/1706.02677, section 2.2: gradual warm-up.
"""

from pydantic import Field

from models.errors import ConfigError
from models.frozen import Frozen


class Warmup(Frozen):
    """What every schedule begins with."""

    warmup_steps: int = Field(default=0, ge=0)
    """The rate rises in a straight line over so many first steps."""

    def warmth(self, step: int) -> float:
        """Share of the rate in force at a step, counted from 0: above 0 at the first, 1 when warm."""
        return min(1.0, (step + 1) / (self.warmup_steps + 1))

    def check_ends_within(self, num_steps: int, subnet: str) -> None:
        """Refuse a warm-up that takes the whole run: the configured rate would never be in force.

        Raises:
            ConfigError: naming the subnet and both lengths.
        """
        if self.warmup_steps and self.warmup_steps >= num_steps:
            raise ConfigError(
                f"a warm-up ends before the run does; that of '{subnet}' takes {self.warmup_steps:,} steps and the run "
                f"{num_steps:,} at the most: lower its warmup_steps, or raise training.max_epochs or max_steps"
            )
