"""The folder of runs: what each was to do, what came of it, and where it is now.

WORK/
  retrain.lock               who runs
  current.json               the stage that runs
  runs/RUN/plan.json         what is to be done
  runs/RUN/checks.json       what was seen of the new rows
  runs/RUN/candidate/        the trained version, until it is published
  runs/RUN/judgement.json    what was seen of the candidate beside the champion
  runs/RUN/seconds.json      by stage
  runs/RUN/outcome.json      written last; a run without it goes on
  runs/RUN/report.html
"""

import shutil
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from models.atomic import whole_file
from models.manifest import MANIFEST
from training.retraining.outcome import RetrainOutcome
from training.retraining.plan import Plan

LOCK = "retrain.lock"
CURRENT = "current.json"
PLAN = "plan.json"
CHECKS = "checks.json"
JUDGEMENT = "judgement.json"
SECONDS = "seconds.json"
OUTCOME = "outcome.json"
REPORT = "report.html"

_Kept = TypeVar("_Kept", bound=BaseModel)


class RunFolder:
    """One run's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def name(self) -> str:
        """Of the run."""
        return self.path.name

    @property
    def candidates(self) -> Path:
        """Where its version is written."""
        return self.path / "candidate"

    def candidate(self) -> Path | None:
        """The version that it trained, if it has; a version appears whole or not at all."""
        return next((file.parent for file in sorted(self.candidates.glob(f"[!.]*/{MANIFEST}"))), None)

    def plan(self) -> Plan | None:
        """What it was to do."""
        return self.read(PLAN, Plan)

    def outcome(self) -> RetrainOutcome | None:
        """What came of it; None while it is not over."""
        return self.read(OUTCOME, RetrainOutcome)

    def read(self, name: str, kind: type[_Kept]) -> _Kept | None:
        """A result that it kept; None where there is none, or one of another release."""
        try:
            return kind.model_validate_json((self.path / name).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def kept(self, name: str, result: _Kept) -> _Kept:
        """The result that is kept already, or else this one, which is kept from now on for whoever goes on."""
        found = self.read(name, type(result))
        if found is None:
            self.keep(name, result)
        return found or result

    def keep(self, name: str, result: BaseModel) -> None:
        """Write a result, over an earlier one."""
        with whole_file(self.path / name) as beside:
            beside.write_text(result.model_dump_json(indent=1), encoding="utf-8")


class Work:
    """All runs of a model."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, name: str) -> RunFolder:
        """A run's folder, which need not be there."""
        return RunFolder(self.path / "runs" / name)

    def runs(self) -> list[RunFolder]:
        """Those that are there, the oldest first, by when they began."""
        found = [RunFolder(path) for path in (self.path / "runs").glob("*") if path.is_dir()]
        begun = [(plan.began_at, run) for run in found if (plan := run.plan()) is not None]
        return [run for _, run in sorted(begun, key=lambda each: (each[0], each[1].name))]

    def prune(self, keep_runs: int, keep_candidates: int, current: str) -> None:
        """Remove the oldest runs, and of those that stay the oldest candidates; never of the current run."""
        others = [run for run in self.runs() if run.name != current][::-1]
        for run in others[keep_runs - 1 :]:
            shutil.rmtree(run.path, ignore_errors=True)
        for run in others[max(0, keep_candidates - 1) : keep_runs - 1]:
            shutil.rmtree(run.candidates, ignore_errors=True)
