"""What is kept of a trial, one file each: whole or not there, so a search that was killed goes on from them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from models.atomic import whole_file
from models.errors import ConfigError
from models.frozen import Frozen


class TrialRecord(Frozen):
    """One trial."""

    number: int
    """Counted from 0, the given configuration."""
    values: dict[str, Any]
    """By path, the settings that it changes."""
    state: Literal["running", "finished", "pruned", "failed"]
    """`running` in a file says that the trial was cut off, or is being made."""
    score: float | None = None
    """Lowest validation score; a pruned trial's is that of the part it made."""
    losses: dict[str, float] = Field(default_factory=dict)
    """By task at that validation, in units of the base rate's loss."""
    validations: tuple[float, ...] = ()
    """All scores, in their order."""
    num_steps: int = 0
    seconds: float = 0.0
    reason: str | None = None
    """Why it failed or was pruned."""
    same_as: int | None = None
    """An earlier trial of the same values, whose numbers these are: the same training would give them again."""
    num_cut_off: int = 0
    """So many times it was begun and never ended."""


class TrialFiles:
    """The trials of a search in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self) -> list[TrialRecord]:
        """All trials by number; the last may be one that was cut off.

        Raises:
            ConfigError: a file is not one of this version's.
        """
        return [_record(file) for file in sorted(self._folder.glob("[0-9]*.json"))]

    def keep(self, record: TrialRecord) -> None:
        """Write a trial over what was there of it."""
        with whole_file(self._folder / f"{record.number:05}.json") as beside:
            beside.write_text(record.model_dump_json(indent=1), encoding="utf-8")


def winner(records: Sequence[TrialRecord]) -> TrialRecord | None:
    """The lowest score of a trial that was trained to its end, the first of equals; None where there is none."""
    finished = [record for record in records if record.state == "finished" and record.score is not None]
    return min(finished, key=lambda record: record.score or 0.0, default=None)


def _record(file: Path) -> TrialRecord:
    try:
        return TrialRecord.model_validate_json(file.read_bytes())
    except ValidationError:
        raise ConfigError(
            f"a search goes on from its own trials; {file} is not one of this version's: name another --output"
        ) from None
