"""What a check or a gate has seen: one number, its limit, and the reason in words."""

from collections.abc import Sequence
from typing import Self

import numpy as np

from models.frozen import Frozen

_LARGEST = float(np.finfo(np.float64).max)


class Observation(Frozen):
    """One line of a decision."""

    name: str
    """Of the check or gate, say `label_rate`."""
    field: str | None
    """What it looked at: a feature, a task, a field of the answer, a partition; None where the whole is meant."""
    observed: float
    """The number that was found."""
    limit: float
    """The number that it was held against."""
    passed: bool
    """Whether the candidate may go on, as far as this is concerned."""
    reason: str
    """What was found and what is allowed, for people."""

    @classmethod
    def of(cls, name: str, field: str | None, observed: float, limit: float, passed: bool, reason: str) -> Self:
        """An observation of any number; JSON holds no infinity, so the largest float stands for it."""
        finite = float(np.nan_to_num(observed, nan=_LARGEST))
        return cls(name=name, field=field, observed=finite, limit=limit, passed=bool(passed), reason=reason)

    @classmethod
    def passing(cls, name: str, field: str | None, limit: float, reason: str) -> Self:
        """One that had nothing to look at."""
        return cls(name=name, field=field, observed=0.0, limit=limit, passed=True, reason=reason)

    @property
    def label(self) -> str:
        """Name and field, for summaries: `label_rate(click)`."""
        return self.name if self.field is None else f"{self.name}({self.field})"


def failed(observations: Sequence[Observation]) -> list[Observation]:
    """Those that hold a candidate."""
    return [each for each in observations if not each.passed]
