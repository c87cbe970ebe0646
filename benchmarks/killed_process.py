"""A `threefold train` that is watched from outside, and killed at a moment of one's choice."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.child import mortal
from benchmarks.commands import words

Aim = Literal["anywhere", "writing a state", "writing the best weights", "evaluating", "writing a version"]
Doing = Literal[Aim, "before its first step", "training"]
PARTIAL: dict[str, Doing] = {
    "states/*/.state-*.partial": "writing a state",
    "states/*/.best-*.partial": "writing the best weights",
    "versions/.*.partial": "writing a version",
}
LOOK_EVERY = 0.0005
"""Seconds; a small state is written within a few thousandths."""


@dataclass(frozen=True)
class Place:
    """What a training is of, and the folder for all that it writes."""

    folder: Path
    config: Path
    log: Path

    @property
    def states(self) -> Path:
        return self.folder / "states"

    def command(self) -> list[str]:
        return mortal(words("train", self.config, "--data", self.log, "--output", self.folder / "versions"))

    def environment(self) -> dict[str, str]:
        own = {"THREEFOLD_STATE": str(self.states), "THREEFOLD_CACHE": str(self.folder / "cache"), "COLUMNS": "200"}
        return {**os.environ, **own}


@dataclass(frozen=True)
class Pace:
    """Seconds of an undisturbed process in all, and from the end of its training on."""

    whole: float
    evaluating: float


class Process:
    """One start of the command."""

    def __init__(self, place: Place) -> None:
        self._place = place
        place.folder.mkdir(parents=True, exist_ok=True)
        self._said = place.folder / "said.txt"
        self._before = self._partial()  # what an earlier kill left half-written
        self._started = time.monotonic()
        self._trained: float | None = None
        with self._said.open("w") as said:
            self._process = subprocess.Popen(
                place.command(), stdout=subprocess.PIPE, stderr=said, text=True, env=place.environment()
            )

    @property
    def has_resumed(self) -> bool:
        """Whether it said that it went on from a state."""
        return any(words in self._said.read_text() for words in ("resumed at step", "the training was over at"))

    @property
    def pace(self) -> Pace:
        """Of a process that is at its end."""
        assert self._trained is not None
        now = time.monotonic()
        return Pace(now - self._started, now - self._trained)

    def run(self) -> Path:
        """Leave it alone; the version that it wrote."""
        while self._process.poll() is None:
            self._look_whether_trained()
            time.sleep(0.01)
        return self._version()

    def run_until(self, aim: Aim, share: float, pace: Pace) -> Path | None:
        """Kill it; the version that it wrote, where it came to its end before.

        Args:
            aim: what it is to be doing.
            share: of the time that this takes, or of the whole run before the next time that it does it: 0 to 1.
            pace: how long an undisturbed process takes.
        """
        while self._process.poll() is None:
            self._look_whether_trained()
            if self._is_moment(aim, share, pace):
                self._process.kill()
                self._process.wait()
                return None
            time.sleep(LOOK_EVERY)
        return self._version()

    def doing(self) -> Doing:
        """What it was doing when it was killed, by what it left and said."""
        half_written = self._partial() - self._before
        for pattern, what in PARTIAL.items():
            if any(path in half_written for path in self._place.folder.glob(pattern)):
                return what
        said = self._said.read_text()
        if "stopped:" in said or "the training was over" in said:
            return "evaluating"
        return "training" if "compute " in said else "before its first step"

    def _is_moment(self, aim: Aim, share: float, pace: Pace) -> bool:
        now = time.monotonic()
        if aim == "evaluating":
            return self._trained is not None and now - self._trained >= share * pace.evaluating
        if aim == "anywhere":
            return now - self._started >= share * pace.whole
        if aim != "writing a version" and now - self._started < share * pace.whole / 3:
            return False
        (pattern,) = (pattern for pattern, what in PARTIAL.items() if what == aim)
        return any(path not in self._before for path in self._place.folder.glob(pattern))

    def _look_whether_trained(self) -> None:
        if self._trained is None and "stopped:" in self._said.read_text():
            self._trained = time.monotonic()

    def _partial(self) -> set[Path]:
        return {path for pattern in PARTIAL for path in self._place.folder.glob(pattern)}

    def _version(self) -> Path:
        written = self._process.communicate()[0].strip()
        assert self._process.returncode == 0, self._said.read_text()
        return Path(written)
