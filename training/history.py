"""What a run saw of itself, in a form that the report draws and JSON holds."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reading:
    """Telemetry of one step.

    Attributes:
        step: number of optimizer steps so far.
        rows: training rows seen so far.
        losses: by task, mean since the last reading, in units of the base rate's loss.
        weights: by task, the factor of its loss.
        sigmas: by task, where the weighting learns them.
        learning_rates: by subnet.
        dead_unit_shares: by subnet, the share of hidden units that were zero for every row of the batch.
    """

    step: int
    rows: int
    losses: dict[str, float]
    weights: dict[str, float]
    sigmas: dict[str, float]
    learning_rates: dict[str, float]
    dead_unit_shares: dict[str, float]


@dataclass(frozen=True)
class Validation:
    """One look at the validation window.

    Attributes:
        losses: by task, in units of what always predicting the training window's base rate costs on the same rows:
            below 1 is better than that.
        score: their mean; lower is better. Models are chosen by it.
        is_best: whether it was the best so far.
    """

    step: int
    rows: int
    losses: dict[str, float]
    score: float
    is_best: bool


@dataclass(frozen=True)
class Alarm:
    """Something that a person should look at.

    Attributes:
        step: when it was raised.
        subnet: where.
        evidence: what was seen.
        advice: the way out.
    """

    step: int
    subnet: str
    evidence: str
    advice: str

    def __str__(self) -> str:
        return f"{self.subnet}: {self.evidence} (step {self.step:,}). {self.advice}"


@dataclass
class History:
    """Everything seen during a run."""

    readings: list[Reading] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    stopped_because: str = ""
    num_steps: int = 0
    num_rows: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain lists and dictionaries."""
        return asdict(self)
