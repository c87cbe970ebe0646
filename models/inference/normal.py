"""The standard normal distribution by elementary operations, which every engine has and has in 64 bits.

For a >= 0 the chance below -a is exp(-a^2/2) R(a), and with q = exp(-s^2/2) up to 1/2 the place below which q lies is
-(s - D(s)). R times its argument and D are smooth and nearly flat, so each is a polynomial in (a - 4) / (a + 4), as in
Cody, "Rational Chebyshev Approximations for the Error Function", Mathematics of Computation 1969. Ours are interpolated
when they are first needed, from `math.erfc` and `statistics.NormalDist`; they are right to 1e-11.
"""

import math
from collections.abc import Callable
from functools import cache
from statistics import NormalDist
from typing import TypeVar

import torch
from numpy.polynomial import chebyshev
from torch import Tensor

from models.heads.normal import Normal

DEGREE = 24
BEND = 4.0
FARTHEST = 37.0
"""Beyond it a chance is too small for a float of 64 bits."""
AT_HALF = math.sqrt(2 * math.log(2))
SMALLEST = math.exp(-0.5 * FARTHEST**2)


Real = TypeVar("Real", float, Tensor)


class Polynomial:
    """A smooth function between two arguments, held beyond them.

    Args:
        function: of a float.
        lowest: argument.
        highest: argument.
    """

    def __init__(self, function: Callable[[float], float], lowest: float, highest: float) -> None:
        self._lowest, self._highest = lowest, highest
        self._first, last = _bent(lowest), _bent(highest)
        self._half = (last - self._first) / 2

        nodes = chebyshev.chebpts1(DEGREE + 1)
        places = ((nodes + 1) * self._half + self._first).tolist()
        values = [function(BEND * (1 + place) / (1 - place)) for place in places]
        coefficients = chebyshev.cheb2poly(chebyshev.chebfit(nodes, values, DEGREE))
        self._coefficients = torch.from_numpy(coefficients)
        self._powers = torch.arange(DEGREE + 1, dtype=torch.float64)

    def __call__(self, x: Tensor) -> Tensor:
        """The function's values, [rows]. No matrix product adds up the powers: those may be quantised."""
        held = x.clamp(self._lowest, self._highest)
        place = (_bent(held) - self._first) / self._half - 1
        return (place.unsqueeze(1).pow(self._powers) * self._coefficients).sum(dim=1)


class NormalByPolynomials(Normal):
    """The same functions of [rows], in 64 bits."""

    def __init__(self) -> None:
        self._ratio, self._deficit = _polynomials()

    def below(self, x: Tensor) -> Tensor:
        """The chance to lie below x, [rows]."""
        tail = self._tail(x)
        return torch.where(x < 0, tail, 1 - tail)

    def log_below(self, x: Tensor) -> Tensor:
        """The logarithm of that chance, [rows]."""
        far = x.abs()
        tail = self._relative_tail(far)
        return torch.where(x < 0, tail.log() - far.square() / 2, torch.log(1 - torch.exp(-far.square() / 2) * tail))

    def place(self, share: Tensor) -> Tensor:
        """Below what a share of all lies, [rows]; shares below 1e-297 as if they were that."""
        tail = torch.minimum(share, 1 - share).clamp(min=SMALLEST)
        far = torch.sqrt(-2 * tail.log())
        far = far - self._deficit(far)
        return torch.where(share < 0.5, -far, far)

    def _tail(self, x: Tensor) -> Tensor:
        far = x.abs()
        return torch.exp(-far.square() / 2) * self._relative_tail(far)

    def _relative_tail(self, far: Tensor) -> Tensor:
        return self._ratio(far) / (far + BEND)


@cache
def _polynomials() -> tuple[Polynomial, Polynomial]:
    """R(a) (a + 4) from 0, and D(s) from where q is 1/2."""
    place = NormalDist().inv_cdf

    def ratio(far: float) -> float:
        return math.erfc(far / math.sqrt(2)) / 2 * math.exp(far**2 / 2) * (far + BEND)

    def deficit(far: float) -> float:
        return far + place(min(math.exp(-(far**2) / 2), 0.5))

    return Polynomial(ratio, 0.0, FARTHEST), Polynomial(deficit, AT_HALF, FARTHEST)


def _bent(x: Real) -> Real:
    """Maps [0, infinity) to [-1, 1)."""
    return (x - BEND) / (x + BEND)
