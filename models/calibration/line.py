"""A line through the output of a head that predicts a value.

What the error of a forecast shows when it is regressed on the forecast: Mincer, Zarnowitz, "The Evaluation of Economic
Forecasts", 1969, https://www.nber.org/chapters/c1214. A slope below 1 shrinks the differences of a head that trusts
itself too much, the intercept moves its level. Both are in standard deviations of the label in the training window, so
they mean the same in any unit. `training.evaluation.calibrate_regression` says how far noisy rows are believed.
"""

from typing import Literal

from pydantic import Field
from torch import Tensor

from models.frozen import Frozen


class Line(Frozen):
    """A line through standardised values; a positive slope keeps the order of all candidates."""

    kind: Literal["line"] = "line"
    slope: float = Field(default=1.0, gt=0)
    intercept: float = 0.0

    def value(self, standardised: Tensor) -> Tensor:
        """The calibrated standardised value, shape kept."""
        return self.slope * standardised + self.intercept
