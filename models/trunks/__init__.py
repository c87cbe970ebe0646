"""Trunks: what the tasks share. The union is the registry of kinds."""

from typing import Annotated

from pydantic import Field

from models.trunks.cross import CrossNetworkConfig
from models.trunks.dcnv2 import DcnV2, DcnV2Config
from models.trunks.mmoe import MMoE, MMoEConfig
from models.trunks.ple import Ple, PleConfig
from models.trunks.shared_bottom import SharedBottom, SharedBottomConfig
from models.trunks.tabm import TabM, TabMConfig

TrunkConfig = Annotated[
    SharedBottomConfig | MMoEConfig | PleConfig | DcnV2Config | TabMConfig, Field(discriminator="kind")
]
Trunk = SharedBottom | MMoE | Ple | DcnV2 | TabM

__all__ = [
    "CrossNetworkConfig",
    "DcnV2",
    "DcnV2Config",
    "MMoE",
    "MMoEConfig",
    "Ple",
    "PleConfig",
    "SharedBottom",
    "SharedBottomConfig",
    "TabM",
    "TabMConfig",
    "Trunk",
    "TrunkConfig",
]
