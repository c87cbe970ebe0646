"""`threefold` as a process, as cron or a person starts it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.child import mortal

THREEFOLD = Path(sys.executable).with_name("threefold")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
QUIET = {"COLUMNS": "200", **ONE_THREAD}


def words(*arguments: object) -> list[str]:
    """The words of a command."""
    return [str(THREEFOLD), *map(str, arguments)]


def told(own: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a command: ours, one thread, and what is its own."""
    return {**os.environ, **QUIET, **(own or {})}


def threefold(*arguments: object, own: Mapping[str, str] | None = None) -> str:
    """Run to the end; what it wrote to standard output.

    Raises:
        RuntimeError: it ended with another code than 0; what it said is the text.
    """
    command = mortal(words(*arguments))
    done = subprocess.run(command, capture_output=True, text=True, env=told(own), check=False)
    if done.returncode:
        raise RuntimeError(f"`threefold {arguments[0]}` ended with {done.returncode}: {done.stderr[-2_000:]}")
    return done.stdout
