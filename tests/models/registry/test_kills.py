"""Kill -9 at every step and at any moment, and several writers at once: the history stays whole and nothing is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.models.registry.killing import KILLS, ROUNDS, WRITERS

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="writers are forked")


MEMORY = Path("/dev/shm")
"""Where nobody waits for a disk; what a kill leaves is the same there."""


def saw(what: str) -> dict[str, int]:
    with TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.models.registry.killing", what, folder],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_a_change_that_is_killed_before_any_of_its_steps_is_made_entirely_or_not_at_all() -> None:
    survived = saw("steps")
    assert survived.keys() == {"publish", "promote", "rollback", "pin", "prune"}
    assert min(survived.values()) > 3  # it was really killed on the way


def test_kills_at_any_moment_leave_a_registry_that_goes_on() -> None:
    done = saw("kills")
    assert len(done) > 2
    assert sum(done.values()) >= KILLS  # the writers were at work when they died


def test_writers_at_once_each_have_their_own_number_and_overwrite_nobody() -> None:
    seen = saw("race")
    assert seen["events"] + seen["refused"] <= WRITERS * ROUNDS
    assert seen["refused"] > 0  # they met
