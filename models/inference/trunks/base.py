"""A trunk rewritten for predictions: a few linear layers read the input, and everything else works on their units.

What is linear in the input parts into what the context gives and what each candidate adds.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from torch import Tensor, nn


class Twin(nn.Module, ABC):
    """From the units of the layers that read the input to what `trunk.split` hands the heads.

    Args:
        readings: the linear layers that read the input. Those whose units are worked on apart are apart: one product
            of all of them is no quicker, and cutting its units apart is a copy.
        needs_rows: whether the input itself is needed too.
    """

    def __init__(self, readings: Iterable[nn.Linear], *, needs_rows: bool = False) -> None:
        super().__init__()
        self.readings = tuple(readings)  # whoever runs the graph holds them, whole or in parts
        self.needs_rows = needs_rows

    @abstractmethod
    def forward(self, units: list[Tensor], x: Tensor | None) -> list[Tensor]:
        """One representation a task, each [batch, width], or [batch x members, width] of an ensemble.

        Args:
            units: what each of `readings` makes of the input, [batch, units].
            x: the input, [batch, width], where `needs_rows` is set.
        """
