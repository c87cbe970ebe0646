"""The whole command with the real `threefold retrain`: two planned runs, a SIGTERM in the second, a second start."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from models.registry import Registry
from tests.training.retraining.nights import Nights
from tests.training.scheduling.fakes import wait_for
from tests.training.test_commands import written
from training.scheduling.state import ScheduleState, read_state

pytestmark = pytest.mark.slow
PATIENCE_S = 300
"""Seconds that a machine with much else to do is given for a run, and for the minute before it."""


@contextmanager
def scheduled(config: Path, said: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`threefold schedule` for every minute; whatever the test finds, no process stays behind."""
    command = [sys.executable, "-m", "models.cli", "schedule", str(config), "--cron", "* * * * *"]
    with said.open("ab") as out, subprocess.Popen(command, stderr=out, stdout=out, env=_environment(config)) as process:
        try:
            yield process
        finally:
            process.terminate()


def _environment(config: Path) -> dict[str, str]:
    """States and caches go where the test's files are."""
    own = {"THREEFOLD_STATE": str(config.parent / "states"), "THREEFOLD_CACHE": str(config.parent / "cache")}
    return {**os.environ, **own, "COLUMNS": "500"}


def remembered(nights: Nights) -> ScheduleState:
    found = read_state(nights.work / "schedule.json")
    assert found is not None, "the file is whole at every moment"
    return found


def stage(nights: Nights) -> dict[str, Any]:
    found = json.loads((nights.work / "current.json").read_bytes())
    assert isinstance(found, dict)
    return found


def test_a_run_that_is_cut_off_is_made_up_for_once(tmp_path: Path) -> None:
    nights, said = Nights(tmp_path), tmp_path / "said.txt"
    nights.arrive(0, 1, 2, 3, 4)
    config = written(tmp_path / "nights.toml", nights.config())
    with scheduled(config, said) as process:
        wait_for((nights.work / "schedule.json").exists, PATIENCE_S)
        wait_for(lambda: remembered(nights).last is not None, PATIENCE_S)
        assert remembered(nights).runs == {"promoted": 1}, said.read_text()
        champion, first = Registry(nights.registry).version_of(), stage(nights)["pid"]
        nights.arrive(5)
        wait_for(lambda: (found := stage(nights))["stage"] == "train" and found["pid"] != first, PATIENCE_S)
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    second = stage(nights)["pid"]
    assert not Path(f"/proc/{second}").exists()
    cut_off = remembered(nights)
    assert cut_off.runs["killed"] == 1
    assert cut_off.unfinished is not None
    assert Registry(nights.registry).version_of() == champion

    with scheduled(config, said) as process:
        wait_for(lambda: remembered(nights).runs.get("promoted") == 2, PATIENCE_S)
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    assert "a run begins at once: the run of" in said.read_text()
    assert said.read_text().count("was cut off") == 1
    assert remembered(nights).unfinished is None or remembered(nights).unfinished != cut_off.unfinished
    assert Registry(nights.registry).version_of() != champion
    assert nights.actions() == ["publish", "promote"] * 2
