"""`threefold retrain` as a process, and what it says it did."""

import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.child import mortal
from benchmarks.commands import told, words

PROMOTED, FAILED, REFUSED, HELD, NOTHING_NEW, RUNNING = 0, 1, 2, 10, 11, 12
MEANINGS = {
    PROMOTED: "promoted", FAILED: "failed", REFUSED: "refused", HELD: "held", NOTHING_NEW: "nothing new",
    RUNNING: "another one runs",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """What is retrained, and where everything goes.

    Attributes:
        folder: of registry, work and caches.
        config: the configuration with its section [retrain].
    """

    folder: Path
    config: Path

    @property
    def registry(self) -> Path:
        """The folder of the versions."""
        return self.folder / "registry"

    @property
    def work(self) -> Path:
        """What retrain keeps between its runs."""
        return self.folder / "work"

    def section(self, **changes: Any) -> dict[str, Any]:
        """The section [retrain] that says so."""
        whole_days = {"kind": "settled", "minutes": 0}  # a day arrives at once
        own = {"registry": str(self.registry), "work": str(self.work), "complete": whole_days}
        return own | {"checks": {"max_age": "never"}} | changes

    def environment(self) -> dict[str, str]:
        """Caches and states of this place alone."""
        return {"THREEFOLD_CACHE": str(self.folder / "cache"), "THREEFOLD_STATE": str(self.folder / "states")}

    def start(self, *options: object) -> "subprocess.Popen[str]":
        """One run, which goes on by itself; what it says is in two pipes."""
        command = mortal(words("retrain", self.config, "--json", *options))
        environment = told(self.environment())
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


@dataclass(frozen=True)
class Retrained:
    """A run that is at its end.

    Attributes:
        code: its exit code.
        outcome: what it wrote to standard output; empty where that was nothing.
        said: to standard error.
        seconds: from its start to its end.
    """

    code: int
    outcome: dict[str, Any] = field(default_factory=dict)
    said: str = ""
    seconds: float = 0.0

    @property
    def decision(self) -> str:
        """In a word or two."""
        return MEANINGS.get(self.code, f"code {self.code}")

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The observations of checks and gates that did not pass."""
        found = [*self.outcome.get("checks", []), *self.outcome.get("gates", [])]
        return [each for each in found if not each["passed"]]

    def left_out(self, arrived: Sequence[str]) -> tuple[str, ...]:
        """Of the days that arrived, those amid the run's windows that are in none of them: refused before."""
        windows = [*self.outcome.get("train", ()), *self.outcome.get("validation", ()), *self.outcome.get("test", ())]
        return tuple(day for day in arrived if windows and min(windows) < day < max(windows) and day not in windows)


def label(observation: dict[str, Any]) -> str:
    """Name and field of an observation; empty where there is none."""
    if not observation:
        return ""
    return f"`{observation['name']}`" + (f" of {observation['field']}" if observation["field"] else "")


def retrained(place: Place, *options: object) -> Retrained:
    """One run to its end."""
    return ended(place.start(*options))


def ended(process: "subprocess.Popen[str]") -> Retrained:
    """What became of a run that was started."""
    began = time.monotonic()
    written, said = process.communicate()
    outcome = json.loads(written) if written.strip() else {}
    return Retrained(process.returncode, outcome, said, time.monotonic() - began)
