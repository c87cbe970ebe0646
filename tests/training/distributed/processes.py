"""Starts several real processes that train together, as a person would."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from tests.training.worlds import small_config

ROOT = Path(__file__).parents[3]
THREEFOLD = [str(Path(sys.executable).with_name("threefold"))]
BROKEN = [sys.executable, str(Path(__file__).with_name("broken.py"))]
LONGEST_SECONDS = 1_800

needs_torchrec = pytest.mark.skipif(
    importlib.util.find_spec("torchrec") is None or importlib.util.find_spec("fbgemm_gpu") is None,
    reason="TorchRec and FBGEMM are not installed (docs/distributed.md)",
)


def written(file: Path, log: Path, **training: Any) -> Path:
    """A configuration of 24 steps on the small world, with every step in its history."""
    together = {"batch_size": 500, "telemetry_every": 1, "device": "cpu", **training}
    config = small_config(log, **together)
    settings = config.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    settings["inference"] = {"graphs": False}
    file.write_text(tomli_w.dumps(settings), encoding="utf-8")
    return file


def trained(
    processes: int, config: Path, output: Path, program: list[str] = THREEFOLD, **environment: str
) -> subprocess.CompletedProcess[str]:
    """What became of `threefold train` in so many processes; with none of them by torchrun, in one of its own."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    start = [*launch, "--no-python"] if processes else []
    return subprocess.run(
        [*start, *program, "train", str(config), "--output", str(output)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **environment},
        check=False,
    )


def version_of(finished: subprocess.CompletedProcess[str]) -> Path:
    """The checkpoint that a training wrote."""
    assert finished.returncode == 0, finished.stderr[-4_000:]
    return Path(finished.stdout.strip().splitlines()[-1])
