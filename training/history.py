"""What a run saw of itself, in a form that the report draws and JSON holds."""

from collections.abc import Mapping
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
        gradient_norms: by subnet, the Euclidean norm of its gradient.
        update_ratios: by subnet, how far the step moved it, as a share of the norm of its weights.
        label_shares: by task, the share of the batch's rows in which its label counts.
        pull_shares: by task, its share of the pull on the shared representation.
        cosines: by pair of tasks `a / b`, between their gradients on the shared representation.
        norm_ratios: by pair of tasks `a / b`, of their weighted gradients there; pulls, cosines and ratios are pooled
            over the last readings.

    What the step did not show is left out: a task without a row in the batch, a subnet without a gradient.
    """

    step: int
    rows: int
    losses: dict[str, float]
    weights: dict[str, float]
    sigmas: dict[str, float]
    learning_rates: dict[str, float]
    dead_unit_shares: dict[str, float]
    gradient_norms: dict[str, float] = field(default_factory=dict)
    update_ratios: dict[str, float] = field(default_factory=dict)
    label_shares: dict[str, float] = field(default_factory=dict)
    pull_shares: dict[str, float] = field(default_factory=dict)
    cosines: dict[str, float] = field(default_factory=dict)
    norm_ratios: dict[str, float] = field(default_factory=dict)


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
        kind: which rule raised it (docs/telemetry.md).
    """

    step: int
    subnet: str
    evidence: str
    advice: str
    kind: str

    def __str__(self) -> str:
        return f"{self.subnet}: {self.evidence} (step {self.step:,}). {self.advice}"


@dataclass(frozen=True)
class FoundRates:
    """Learning rates that were found automatically, before the run.

    Attributes:
        by_subnet: the rates.
        num_steps: optimizer steps of the short runs that found them.
    """

    by_subnet: dict[str, float] = field(default_factory=dict)
    num_steps: int = 0


@dataclass
class History:
    """Everything seen during a run.

    Attributes:
        epoch_ends: steps at which a pass over the training window was over.
        waited_seconds: how long the training loop waited for batches, of the `seconds` that it took.
        computed_by: on what and how precisely the network was trained, and why.
    """

    found_rates: FoundRates = field(default_factory=FoundRates)
    readings: list[Reading] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    epoch_ends: list[int] = field(default_factory=list)
    stopped_because: str = ""
    num_steps: int = 0
    num_rows: int = 0
    seconds: float = 0.0
    waited_seconds: float = 0.0
    computed_by: str = ""

    @property
    def batches_of_epoch(self) -> int:
        """Batches since the last pass over the training window was over: each one makes a step."""
        return self.num_steps - (self.epoch_ends[-1] if self.epoch_ends else 0)

    def to_json(self) -> dict[str, Any]:
        """Plain lists and dictionaries."""
        return asdict(self)

    def state(self) -> dict[str, Any]:
        """All of it."""
        return self.to_json()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become the history that such a state is of."""
        for name, value in state.items():
            setattr(self, name, [_LISTED[name](**each) for each in value] if name in _LISTED else value)
        self.found_rates = FoundRates(**state["found_rates"])


_LISTED: dict[str, type[Any]] = {"readings": Reading, "validations": Validation, "alarms": Alarm}
