"""When a partition of a log is complete: nobody writes into it any more, and it may be trained on."""

from typing import Annotated, Literal

from pydantic import Field

from models.frozen import Frozen


class LaterConfig(Frozen):
    """Complete is a partition once there is a later one: for logs that are written while the day lasts."""

    kind: Literal["later"] = "later"


class MarkerConfig(Frozen):
    """Complete is a partition once its folder holds a marker, as Spark and Hadoop leave one behind."""

    kind: Literal["marker"] = "marker"
    file: str = Field(default="_SUCCESS", min_length=1)
    """Name of the marker; what is in it does not matter."""


class SettledConfig(Frozen):
    """Complete is a partition once none of its files was changed for a while: for logs that arrive as whole days."""

    kind: Literal["settled"] = "settled"
    minutes: float = Field(default=60.0, ge=0)
    """Minutes without a change, by the clock of this machine; with 0 a partition is complete as soon as it is there."""


Completeness = Annotated[LaterConfig | MarkerConfig | SettledConfig, Field(discriminator="kind")]
"""The ways to tell."""
