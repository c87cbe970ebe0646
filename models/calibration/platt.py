"""Platt scaling of a binary head.

Platt, "Probabilistic Outputs for Support Vector Machines", 1999: sigmoid(slope x logit + intercept).
"""

from typing import Literal, Self

from pydantic import Field
from torch import Tensor

from models.frozen import Frozen


class Platt(Frozen):
    """A line through the logits; a positive slope keeps the order of all candidates."""

    kind: Literal["platt"] = "platt"
    slope: float = Field(default=1.0, gt=0)
    intercept: float = 0.0

    def logit(self, logit: Tensor) -> Tensor:
        """The calibrated logit, shape kept."""
        return self.slope * logit + self.intercept

    def then(self, slope: float, intercept: float) -> Self:
        """This one, followed by a line of positive slope."""
        return self.model_copy(update={"slope": slope * self.slope, "intercept": slope * self.intercept + intercept})
