"""Trunks rewritten for predictions. A trunk without a twin runs as it is."""

from torch import nn

from models.inference.trunks.as_it_is import AsItIs
from models.inference.trunks.base import Twin
from models.inference.trunks.dcnv2 import CrossAndDeep
from models.inference.trunks.mmoe import Mixture
from models.inference.trunks.ple import ExtractionLayers
from models.inference.trunks.shared_bottom import Bottom
from models.inference.trunks.tabm import Members
from models.trunks import DcnV2, MMoE, Ple, SharedBottom, TabM

__all__ = ["Twin", "twin_of"]


def twin_of(trunk: nn.Module) -> Twin:
    """The trunk's twin; its weights are its own."""
    match trunk:
        case MMoE():
            return Mixture(trunk)
        case SharedBottom():
            return Bottom(trunk)
        case DcnV2():
            return CrossAndDeep(trunk)
        case Ple():
            return ExtractionLayers(trunk)
        case TabM():
            return Members(trunk)
        case _:
            return AsItIs(trunk)
