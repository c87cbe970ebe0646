"""Weightings: the losses of all tasks to one scalar. The union is the registry of kinds."""

from typing import Annotated

from pydantic import Field

from training.weightings.fixed import Fixed, FixedConfig
from training.weightings.uncertainty import Uncertainty, UncertaintyConfig

WeightingConfig = Annotated[FixedConfig | UncertaintyConfig, Field(discriminator="kind")]
Weighting = Fixed | Uncertainty

__all__ = ["Fixed", "FixedConfig", "Uncertainty", "UncertaintyConfig", "Weighting", "WeightingConfig"]
