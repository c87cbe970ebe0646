"""Weightings: the losses of all tasks to one step. The union is the registry of kinds."""

from typing import Annotated

from pydantic import Field

from training.weightings.base import Weighting
from training.weightings.dwa import Dwa, DwaConfig
from training.weightings.famo import Famo, FamoConfig
from training.weightings.fixed import Fixed, FixedConfig
from training.weightings.gradients import Gradients, GradientsConfig
from training.weightings.gradnorm import GradNorm, GradNormConfig
from training.weightings.uncertainty import Uncertainty, UncertaintyConfig

WeightingConfig = Annotated[
    FixedConfig | UncertaintyConfig | DwaConfig | GradNormConfig | FamoConfig | GradientsConfig,
    Field(discriminator="kind"),
]

__all__ = [
    "Dwa",
    "DwaConfig",
    "Famo",
    "FamoConfig",
    "Fixed",
    "FixedConfig",
    "GradNorm",
    "GradNormConfig",
    "Gradients",
    "GradientsConfig",
    "Uncertainty",
    "UncertaintyConfig",
    "Weighting",
    "WeightingConfig",
]
