"""Calibration of a head whose amount is zero or log-normal: a line through the logits, and a factor of the total.

The line is Platt's (`models.calibration.platt`), for the probability that there is an amount. A log-normal's mean is
exp(mean + variance / 2), so a spread that is a little off moves every expected amount; the factor gives the total that
is believed of the held-out rows, as that of a duration does.
"""

from typing import Literal

from pydantic import Field
from torch import Tensor

from models.frozen import Frozen


class Amount(Frozen):
    """A line through the logits of an amount above zero, then a factor of the expected amount."""

    kind: Literal["amount"] = "amount"
    slope: float = Field(default=1.0, gt=0)
    intercept: float = 0.0
    factor: float = Field(default=1.0, gt=0)
    """Of the expected amount, with the calibrated probability."""

    def logit(self, logit: Tensor) -> Tensor:
        """The calibrated logit, shape kept."""
        return self.slope * logit + self.intercept
