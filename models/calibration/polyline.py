"""What calibrations made of straight pieces have in common: an increasing polyline from logit to logit."""

from itertools import pairwise
from typing import Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from models.frozen import Frozen


class Polyline(Frozen):
    """Straight pieces between knots that rise in both directions, and straight on beyond the outer knots.

    It rises everywhere, so all candidates keep their order and none of them becomes equal to another.
    """

    inputs: tuple[float, ...] = Field(min_length=1)
    """Logits before calibration, rising, [knots]."""
    outputs: tuple[float, ...] = Field(min_length=1)
    """Logits after it, rising too, [knots]."""
    slope_below: float = Field(default=1.0, gt=0)
    """Below the first knot."""
    slope_above: float = Field(default=1.0, gt=0)
    """Above the last knot."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if len(self.inputs) != len(self.outputs):
            raise ValueError(f"every knot has an output; found {len(self.inputs)} inputs, {len(self.outputs)} outputs")
        for knots in (self.inputs, self.outputs):
            if any(after <= before for before, after in pairwise(knots)):
                raise ValueError(f"knots rise, or candidates would change their order; found {knots}")
        return self

    def logit(self, logit: Tensor) -> Tensor:
        """The calibrated logit, shape kept; computed in 64 bits, so that close knots stay apart."""
        x, y = (torch.tensor(knots, dtype=torch.float64) for knots in (self.inputs, self.outputs))
        ends = [torch.tensor([slope], dtype=torch.float64) for slope in (self.slope_below, self.slope_above)]
        slopes = torch.cat([ends[0], y.diff() / x.diff(), ends[1]])
        wide = logit.double()
        piece = torch.searchsorted(x, wide.contiguous())  # piece 0 lies below the first knot
        knot = (piece - 1).clamp(min=0)
        return (y[knot] + slopes[piece] * (wide - x[knot])).to(logit.dtype)

    def then(self, slope: float, intercept: float) -> Self:
        """This one, followed by a line of positive slope."""
        return self.model_copy(
            update={
                "outputs": tuple(slope * output + intercept for output in self.outputs),
                "slope_below": slope * self.slope_below,
                "slope_above": slope * self.slope_above,
            }
        )
