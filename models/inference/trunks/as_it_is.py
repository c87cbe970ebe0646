"""A trunk that nobody has rewritten: it reads whole rows, as in training."""

from copy import deepcopy

from torch import Tensor, nn

from models.inference.trunks.base import Twin
from models.trunks import Trunk


class AsItIs(Twin):
    """Runs the trunk itself."""

    def __init__(self, trunk: nn.Module) -> None:
        super().__init__((), needs_rows=True)
        self.trunk: Trunk = deepcopy(trunk)  # type: ignore[assignment]

    def forward(self, units: list[Tensor], x: Tensor | None) -> list[Tensor]:
        """What the trunk hands the heads."""
        assert x is not None
        return self.trunk.split(self.trunk.common(x), x)
