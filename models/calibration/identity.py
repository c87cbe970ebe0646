"""No calibration: the output is believed as it is."""

from typing import Literal

from torch import Tensor

from models.calibration.platt import Platt
from models.frozen import Frozen


class Identity(Frozen):
    """Leaves the output alone."""

    kind: Literal["identity"] = "identity"

    def logit(self, logit: Tensor) -> Tensor:
        """The logit as it is."""
        return logit

    def then(self, slope: float, intercept: float) -> Platt:
        """This one, followed by a line of positive slope."""
        return Platt(slope=slope, intercept=intercept)
