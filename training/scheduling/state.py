"""What the scheduler remembers over restarts: one JSON file, written whole or not at all."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, Field, ValidationError

from models.atomic import whole_file
from models.frozen import Frozen
from training.scheduling.outcomes import Outcome, is_success, outcome_of


class Begun(Frozen):
    """A run that has begun."""

    planned: AwareDatetime
    """When it should have begun."""
    started: AwareDatetime
    """When it did."""


class Ended(Begun):
    """A run that is over."""

    ended: AwareDatetime
    """When."""
    exit_code: int
    """Of `threefold retrain`; the negative number of a signal that ended it."""
    outcome: Outcome
    """The same in a word."""

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended - self.started).total_seconds()


class ScheduleState(Frozen):
    """All that is remembered."""

    dealt_until: AwareDatetime
    """Planned times up to here were run, skipped, or made up for."""
    unfinished: Begun | None = None
    """A run that has begun and not come to a decision; at a start it means that one was cut off."""
    last: Ended | None = None
    """The newest run that is over."""
    last_success: AwareDatetime | None = None
    """When a run last came to a decision: promoted, held or nothing new."""
    last_promoted: AwareDatetime | None = None
    """When a run last promoted a version."""
    runs: Mapping[Outcome, int] = Field(default_factory=dict)
    """Runs by outcome."""
    skipped: int = 0
    """Planned runs that were left out because one was still going on."""

    def begun(self, planned: datetime, now: datetime) -> "ScheduleState":
        """A run starts."""
        begun = Begun(planned=planned, started=now)
        return self.model_copy(update={"unfinished": begun, "dealt_until": max(now, planned, self.dealt_until)})

    def ended(self, exit_code: int, now: datetime, cut_off: bool) -> "ScheduleState":
        """The run that had begun is over; one that was cut off is to be made up for at the next start."""
        assert self.unfinished is not None, "a run ends after it has begun"
        outcome = outcome_of(exit_code)
        ended = Ended(**self.unfinished.model_dump(), ended=now, exit_code=exit_code, outcome=outcome)
        updates: dict[str, object] = {"last": ended, "runs": {**self.runs, outcome: self.runs.get(outcome, 0) + 1}}
        if not cut_off:
            updates["unfinished"] = None
        if is_success(outcome):
            updates["last_success"] = now
        if outcome == "promoted":
            updates["last_promoted"] = now
        return self.model_copy(update=updates)

    def skipping(self, now: datetime) -> "ScheduleState":
        """A planned run is left out."""
        return self.model_copy(update={"skipped": self.skipped + 1, "dealt_until": max(now, self.dealt_until)})


def read_state(file: Path) -> ScheduleState | None:
    """What is remembered; None where nothing is, or nothing that can be read.

    Whoever finds None beside a file that is there knows that something was forgotten.
    """
    try:
        return ScheduleState.model_validate_json(file.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def write_state(file: Path, state: ScheduleState) -> None:
    """Remember it."""
    with whole_file(file) as beside:
        beside.write_text(state.model_dump_json(indent=2) + "\n", encoding="utf-8")
