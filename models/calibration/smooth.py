"""Smooth calibration of a binary head: a monotone spline through the logits.

Eilers, Marx, "Flexible Smoothing with B-splines and Penalties", Statistical Science 1996,
https://doi.org/10.1214/ss/1038425655, here of degree 1, with slopes that are positive as those of Pya, Wood, "Shape
Constrained Additive Models", Statistics and Computing 2015, https://doi.org/10.1007/s11222-013-9448-7: their logarithms
are what is fitted and penalised. It bends only where rows ask for it: with no evidence it is Platt's line.
`training/evaluation/smooth.py` fits it.
"""

from typing import Literal

from models.calibration.polyline import Polyline


class Smooth(Polyline):
    """A line that may bend a little at a few knots."""

    kind: Literal["smooth"] = "smooth"
