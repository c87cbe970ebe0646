"""Trunks: what the tasks share. The union is the registry of kinds."""

from typing import Annotated

from pydantic import Field

from models.trunks.mmoe import MMoE, MMoEConfig
from models.trunks.shared_bottom import SharedBottom, SharedBottomConfig

TrunkConfig = Annotated[SharedBottomConfig | MMoEConfig, Field(discriminator="kind")]
Trunk = SharedBottom | MMoE

__all__ = ["MMoE", "MMoEConfig", "SharedBottom", "SharedBottomConfig", "Trunk", "TrunkConfig"]
