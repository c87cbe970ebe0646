"""Heads of which every operation is known to the engines that run a graph."""

from copy import deepcopy

from models.heads import Head
from models.heads.inflated import InflatedLogNormal
from models.inference.normal import NormalByPolynomials


def exportable(head: Head) -> Head:
    """A copy of what the head makes of its outputs, of elementary operations; without its layers."""
    copied = deepcopy(head)
    del copied.tower, copied.output
    distribution = getattr(copied, "distribution", None)
    if isinstance(distribution, InflatedLogNormal):
        distribution.normal = NormalByPolynomials()
    return copied
