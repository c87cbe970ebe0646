"""The script of the CronJob: which exit codes are failures, and who hears SIGTERM."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.deploy.manifests import KUBERNETES

SCRIPT = KUBERNETES / "base" / "retrain.sh"


def start(folder: Path, command: str) -> subprocess.Popen[str]:
    """The script with a `threefold` that does as told and says what it was given."""
    fake = folder / "threefold"
    fake.write_text(f'#!/bin/sh\necho "$*"\n{command}\n')
    fake.chmod(0o755)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "DATA": "s3://a b/logs", "REGISTRY": "s3://a b/registry"}
    return subprocess.Popen(["sh", SCRIPT], env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(("code", "seen"), [(0, 0), (11, 0), (12, 0), (10, 10), (2, 2), (1, 1), (137, 137)])
def test_nothing_new_and_another_at_work_are_no_failures(tmp_path: Path, code: int, seen: int) -> None:
    process = start(tmp_path, f"exit {code}")
    said, _ = process.communicate(timeout=20)
    assert process.returncode == seen
    assert said == "retrain /config/threefold.toml --data s3://a b/logs --registry s3://a b/registry\n"


def test_the_retraining_hears_sigterm_and_its_own_code_is_told(tmp_path: Path) -> None:
    process = start(tmp_path, f"trap 'sleep 0.2; exit 7' TERM; touch {tmp_path}/ready; while :; do sleep 0.05; done")
    while not (tmp_path / "ready").exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 7
    process.stdout.close()  # type: ignore[union-attr]
