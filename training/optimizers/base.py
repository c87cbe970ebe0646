"""What every optimizer group has: a rate, and how it changes over the steps."""

from typing import Annotated, Literal

from pydantic import Field

from models.frozen import Frozen
from training.schedules import ConstantSchedule, Schedule

LearningRate = Annotated[float, Field(ge=0)] | Literal["auto"]


class OptimizerBase(Frozen):
    """The rate of a subnet."""

    learning_rate: LearningRate
    """Step size; 0 freezes the subnet, and "auto" takes what `threefold lr-range` proposes for it."""
    schedule: Schedule = ConstantSchedule()
    """How the rate changes over the steps: `constant` or `cosine`, each with a warm-up."""

    @property
    def rate(self) -> float:
        """The configured rate, once "auto" has been resolved."""
        assert self.learning_rate != "auto", "an automatic rate is resolved before the optimizers are built"
        return self.learning_rate
