"""Says which stage runs, and how long each took."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic

from pydantic import RootModel

from models.atomic import whole_file
from training.retraining.stage import Stage
from training.retraining.work import CURRENT, SECONDS, RunFolder, Work


class Seconds(RootModel[dict[str, float]]):
    """By stage."""


class Journal:
    """Of one process.

    Args:
        work: where `current.json` goes.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._run: RunFolder | None = None
        self.seconds: dict[str, float] = {}

    def begin(self, run: RunFolder) -> None:
        """From here on stages are of a run; what earlier processes took for it counts."""
        before = run.read(SECONDS, Seconds)
        for stage, seconds in (before.root if before else {}).items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds
        self._run = run

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Note that a stage begins, and that it ended well."""
        self._note(stage, "begun")
        start = monotonic()
        yield
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + monotonic() - start, 3)
        if self._run is not None:
            self._run.keep(SECONDS, Seconds(self.seconds))
        self._note(stage, "ended")

    def _note(self, stage: Stage, state: str) -> None:
        noted = {
            "run": self._run and self._run.name,
            "stage": stage,
            "state": state,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "pid": os.getpid(),
        }
        with whole_file(self._work.path / CURRENT) as beside:
            beside.write_text(json.dumps(noted), encoding="utf-8")
