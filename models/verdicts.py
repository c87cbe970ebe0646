"""What the check at export found of a reduced precision, as the manifest keeps it."""

from typing import Literal, Self

from pydantic import Field, model_validator

from models.frozen import Frozen

ReducedPrecision = Literal["bfloat16", "int8"]


class Judged(Frozen):
    """One measure of one task, on the same held-out rows in both precisions."""

    measure: str
    exact: float
    """In float32."""
    reduced: float
    worse_by: float
    """In the measure's own way of counting (docs/inference.md); at or below zero where it got no worse."""
    limit: float = Field(ge=0)

    @property
    def passed(self) -> bool:
        """Whether it is within the limit."""
        return self.worse_by <= self.limit


class Verdict(Frozen):
    """Whether a precision may serve this model."""

    passed: bool
    reason: str
    """One sentence: the first measure beyond its limit, or that there is none."""
    num_rows: int = Field(ge=0)
    """Held-out rows that were compared; 0 where it did not come to that."""
    tasks: dict[str, tuple[Judged, ...]] = Field(default_factory=dict)
    """By task."""

    @model_validator(mode="after")
    def _follows_from_what_was_measured(self) -> Self:
        all_within = bool(self.tasks) and all(each.passed for found in self.tasks.values() for each in found)
        if self.passed and not all_within:
            raise ValueError("a precision passes where every measure of every task is within its limit")
        return self
