"""What a run came to."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from models.frozen import Frozen
from training.retraining.observation import Observation
from training.retraining.plan import Start

Decision = Literal["promoted", "held", "nothing_new", "running", "would_train"]
EXIT_CODES: dict[Decision, int] = {"promoted": 0, "would_train": 0, "held": 10, "nothing_new": 11, "running": 12}


class Measure(Frozen):
    """A number of a head on the test window."""

    task: str
    metric: str
    candidate: float | None
    champion: float | None


class RetrainOutcome(Frozen):
    """A decision and what it rests on."""

    decision: Decision
    why: str
    """One sentence; the registry's history has it too."""
    registry: str
    channel: str
    run: str | None = None
    """Name of its folder; None where nothing was begun."""
    champion: str | None = None
    """What served when the run began."""
    candidate: str | None = None
    """The version that was trained; of a run that was held it stays in its folder."""
    start: Start | None = None
    train: tuple[str, ...] = ()
    """Partitions, as of all windows."""
    validation: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    checks: tuple[Observation, ...] = ()
    gates: tuple[Observation, ...] = ()
    measures: tuple[Measure, ...] = ()
    notes: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()
    """Versions that were removed from the registry."""
    began_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: dict[str, float] = Field(default_factory=dict)
    """By stage, over all processes that made the run."""
    report: str | None = None
    """Path of the page."""

    @property
    def exit_code(self) -> int:
        """Of the command."""
        return EXIT_CODES[self.decision]

    @property
    def failed(self) -> list[Observation]:
        """Checks and gates that hold the candidate."""
        return [each for each in (*self.checks, *self.gates) if not each.passed]
