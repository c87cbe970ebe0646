"""Numbers of one part of a row, as the network gets them."""

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from models.inputs import Inputs


class NumbersOfPart:
    """What `Inputs.numbers` makes of some columns of `EncodedBatch.numerics`.

    Args:
        inputs: of the network.
        held: the columns, in their order; a number's value and its flag are both in or both out.

    Attributes:
        columns: of all that `Inputs.numbers` makes, those that these make.
    """

    def __init__(self, inputs: Inputs, held: Sequence[int]) -> None:
        place = {column: position for position, column in enumerate(held)}
        embedded = [n for n, value in enumerate(inputs.values) if value in place]
        self._values = torch.tensor([place[inputs.values[n]] for n in embedded], dtype=torch.long)
        self._flags = torch.tensor([place[inputs.flags[n]] for n in embedded], dtype=torch.long)
        others = [n for n, column in enumerate(inputs.as_they_are) if column in place]
        self._as_they_are = torch.tensor([place[inputs.as_they_are[n]] for n in others], dtype=torch.long)
        dim = 0
        self._piecewise = None
        if inputs.piecewise is not None and embedded:
            self._piecewise = piecewise = deepcopy(inputs.piecewise)
            for name in ("weights", "biases", "missing"):
                setattr(piecewise, name, nn.Parameter(getattr(piecewise, name)[embedded], requires_grad=False))
            dim = piecewise.biases.shape[1]
        first = inputs.numbers_width - len(inputs.as_they_are)
        self.columns = [n * dim + unit for n in embedded for unit in range(dim)] + [first + n for n in others]

    def __call__(self, numerics: Tensor) -> list[Tensor]:
        """Of the part's columns, together [rows, columns]."""
        if self._piecewise is None:
            return [numerics] if len(self._as_they_are) else []
        positions, missing = numerics.index_select(1, self._values), numerics.index_select(1, self._flags)
        embedded = self._piecewise(positions, missing)
        return [embedded, numerics.index_select(1, self._as_they_are)] if len(self._as_they_are) else [embedded]
