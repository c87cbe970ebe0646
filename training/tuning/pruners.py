"""When a trial that goes badly is given up. The union is the registry of kinds."""

from typing import Annotated, Literal

from pydantic import Field

from models.frozen import Frozen


class MedianConfig(Frozen):
    """Gives a trial up whose best validation so far is worse than the median of the finished trials at that point."""

    kind: Literal["median"] = "median"
    after_trials: int = Field(default=5, ge=1)
    """So many finished trials are waited for before any is given up."""
    after_validations: int = Field(default=2, ge=1)
    """So many validations every trial may make: the first ones say more of a rate's speed than of its worth."""


class NoneConfig(Frozen):
    """Trains every trial to its end."""

    kind: Literal["none"]


PrunerConfig = Annotated[MedianConfig | NoneConfig, Field(discriminator="kind")]
