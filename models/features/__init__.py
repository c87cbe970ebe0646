"""Features: what the model sees of an impression. The union is the registry of kinds."""

from typing import Annotated

from pydantic import Field

from models.features.attention import AttentionConfig
from models.features.categorical import CategoricalFeature
from models.features.cross import Cross
from models.features.multi_categorical import MultiCategoricalFeature
from models.features.numeric import NumericFeature, NumericStatistics

Feature = Annotated[CategoricalFeature | MultiCategoricalFeature | NumericFeature, Field(discriminator="kind")]

__all__ = [
    "AttentionConfig",
    "CategoricalFeature",
    "Cross",
    "Feature",
    "MultiCategoricalFeature",
    "NumericFeature",
    "NumericStatistics",
]
