"""A mixture of experts: all gates are one product, and so are all mixtures."""

from torch import Tensor

from models.inference.layers import side_by_side
from models.inference.trunks.bank import Bank, firsts_of, mixed
from models.inference.trunks.base import Twin
from models.inference.trunks.cross import front
from models.mlp import Mlp
from models.trunks import MMoE


class Mixture(Twin):
    """The twin of `MMoE`; only experts read the crosses."""

    def __init__(self, trunk: MMoE) -> None:
        experts: list[Mlp] = [*trunk.experts]
        begun = front(trunk.cross, firsts_of(experts))
        super().__init__([*begun.readings, side_by_side([*trunk.gates])], needs_rows=begun.needs_rows)
        self.first = begun.first
        self.bank = Bank(experts)

    def forward(self, units: list[Tensor], x: Tensor | None) -> list[Tensor]:
        """One representation a task, [batch, width]."""
        *firsts, logits = units
        return mixed(logits, self.bank(self.first(firsts, x)))
