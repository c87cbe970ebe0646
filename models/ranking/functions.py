"""The functions that a utility may call, over numbers of 64 bits, [rows] or single ones."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Function:
    """A function and how many arguments it takes; `most` is None where there is no bound.

    Attributes:
        apply: to the arguments.
        fewest: arguments.
        most: arguments.
        meaning: in a few words, for people.
    """

    apply: Callable[..., Floats]
    fewest: int
    most: int | None
    meaning: str

    def takes(self, num_arguments: int) -> bool:
        """Whether it can be called with so many."""
        return self.fewest <= num_arguments and (self.most is None or num_arguments <= self.most)

    @property
    def counted(self) -> str:
        """How many arguments it takes, in words."""
        if self.most is None:
            return f"{self.fewest} or more values"
        return "1 value" if self.most == 1 else f"{self.most} values"


def _smallest(*values: Floats) -> Floats:
    return reduce(np.minimum, values)


def _largest(*values: Floats) -> Floats:
    return reduce(np.maximum, values)


def _clipped(value: Floats, low: Floats, high: Floats) -> Floats:
    return np.minimum(np.maximum(value, low), high)


FUNCTIONS = {
    "abs": Function(np.abs, 1, 1, "the value without its sign"),
    "clip": Function(_clipped, 3, 3, "the first value, held between the second and the third"),
    "exp": Function(np.exp, 1, 1, "e to the power of the value"),
    "log": Function(np.log, 1, 1, "natural logarithm"),
    "log1p": Function(np.log1p, 1, 1, "natural logarithm of 1 + the value"),
    "max": Function(_largest, 2, None, "the largest"),
    "min": Function(_smallest, 2, None, "the smallest"),
    "sqrt": Function(np.sqrt, 1, 1, "square root"),
}
OPERATORS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": np.power,
}
