"""What a tuned setting may be. The union is the registry of kinds."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from models.errors import ConfigError
from models.frozen import Frozen


class _Range(Frozen):
    """Two ends, both of them possible."""

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        low, high = getattr(self, "low", 0), getattr(self, "high", 1)
        if not low < high:
            raise ConfigError(f"a range goes from `low` up to `high`; found {low:g} and {high:g}: widen or remove it")
        return self


class FloatParameter(_Range):
    """A number between two others, every one as likely at first."""

    kind: Literal["float"]
    low: float
    """Smallest value."""
    high: float
    """Largest value."""


class LogFloatParameter(_Range):
    """A number above zero of which the order of magnitude matters, such as a rate."""

    kind: Literal["log_float"]
    low: float = Field(gt=0)
    """Smallest value."""
    high: float
    """Largest value."""


class IntegerParameter(_Range):
    """A whole number."""

    kind: Literal["integer"]
    low: int
    """Smallest value."""
    high: int
    """Largest value."""


class ChoiceParameter(Frozen):
    """One of some values: texts, numbers, lists or whole tables."""

    kind: Literal["choice"]
    values: tuple[Any, ...] = Field(min_length=2)
    """What is chosen from; a table takes the place of the whole setting."""

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        twice = [value for index, value in enumerate(self.values) if value in self.values[:index]]
        if twice:
            raise ConfigError(f"the values of a choice differ; found {twice[0]!r} twice: remove one")
        return self


Parameter = Annotated[
    FloatParameter | LogFloatParameter | IntegerParameter | ChoiceParameter, Field(discriminator="kind")
]


def examples(parameter: Parameter) -> tuple[Any, ...]:
    """Values that stand for all: both ends of a range, every value of a choice."""
    return parameter.values if isinstance(parameter, ChoiceParameter) else (parameter.low, parameter.high)


def holds(parameter: Parameter, value: object) -> bool:
    """Whether a value is one of those that may be drawn."""
    if isinstance(parameter, ChoiceParameter):
        return value in parameter.values
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    whole = not isinstance(parameter, IntegerParameter) or value == int(value)
    return whole and parameter.low <= value <= parameter.high
