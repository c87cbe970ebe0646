"""SIGKILL for a `threefold retrain` at a moment of one's choice, told by what it says of itself in current.json."""

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from training.retraining.stage import Stage

LOOK_EVERY = 0.0005
"""Seconds; the shortest stages take a few thousandths."""
Process = subprocess.Popen[str]


def current(work: Path) -> dict[str, Any]:
    """The stage that a process noted last; empty before the first."""
    try:
        found: dict[str, Any] = json.loads((work / "current.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found


STATES = ("begun", "ended")


def position(noted: dict[str, Any]) -> tuple[int, int]:
    """Where a note stands among all that a run makes; before the first where there is none."""
    return (list(Stage).index(noted["stage"]), STATES.index(noted["state"])) if noted else (-1, 0)


def killed_at(process: Process, work: Path, stage: str, state: str = "begun", after_s: float = 0.0) -> bool:
    """Kill the process once it notes that a stage has begun or ended; False where it came to its end before.

    A note stands for a moment only, and may be gone before it was seen: then any later one will do.

    Args:
        process: a run that was started.
        work: where it keeps its notes.
        stage: such as "train".
        state: "begun" or "ended".
        after_s: seconds to wait after the note.
    """
    while process.poll() is None:
        noted = current(work)
        if noted.get("pid") == process.pid and position(noted) >= position({"stage": stage, "state": state}):
            time.sleep(after_s)
            break
        time.sleep(LOOK_EVERY)
    return killed(process)


def killed(process: Process) -> bool:
    """Kill the process now; False where it was at its end already."""
    process.kill()
    process.communicate()
    return process.returncode == -signal.SIGKILL
