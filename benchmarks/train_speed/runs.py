"""Runs the systems in turns, each in a process of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.quality.environment import ROOT, peers_python
from benchmarks.train_speed.setting import SETTINGS, THREADS, Extent

OURS, PLAIN = "ours", "plain"
PEERS = {
    "torch_rechub_mmoe": "Torch-RecHub",
    "deepctr_torch_mmoe": "DeepCTR-Torch",
    "fuxictr_mmoe": "FuxiCTR",
}
TITLES = {OURS: "**Threefold**", PLAIN: "plain PyTorch loop", **PEERS}
LAST_LINES = 15


@dataclass(frozen=True)
class Answers:
    """What all rounds measured.

    Attributes:
        by_setting: by setting and system, the answer of each round.
    """

    by_setting: dict[str, dict[str, list[dict[str, Any]]]]

    def rates(self, setting: str, system: str) -> list[float]:
        """Rows a second of all windows of all rounds."""
        return [rate for answer in self.by_setting[setting][system] for rate in answer["rates"]]


def measured(folder: Path, extent: Extent, systems: list[str]) -> Answers:
    """All rounds: in each of them every system has its turn with every setting."""
    found = Answers({setting: {system: [] for system in systems} for setting in SETTINGS})
    _run(OURS, folder, "embedding-heavy", extent, 0, is_timed=False)  # fills the cache
    for seed in range(extent.rounds):
        for setting in SETTINGS:
            for system in systems:
                answer = _run(system, folder, setting, extent, seed, is_timed=True)
                found.by_setting[setting][system].append(answer)
                rates = ", ".join(f"{rate:,.0f}" for rate in answer["rates"])
                print(f"round {seed + 1}, {setting}, {TITLES[system]}: {rates} rows/s", flush=True)
    return found


def _run(system: str, folder: Path, setting: str, extent: Extent, seed: int, *, is_timed: bool) -> dict[str, Any]:
    """One turn; a library is stopped when it has been timed, the others go on to the end of the pass.

    Raises:
        RuntimeError: the process failed; its last lines are named.
    """
    python = peers_python() if system in PEERS else Path(sys.executable)
    answer, log = folder / "answer.json", folder / "log.txt"
    last = extent.steps if system in PEERS else 0
    words = [setting, str(seed), str(extent.warm_up), str(extent.window), str(last)]
    if not is_timed:
        words[2:] = ["1", "1", "0"]
    threads = str(THREADS)
    told = {
        **os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "CUDA_VISIBLE_DEVICES": "",
        "THREEFOLD_CACHE": str(folder / "cache"), "THREEFOLD_STATE": str(folder / "state"),
    }  # fmt: skip
    command = [str(python), "-m", f"benchmarks.train_speed.systems.{system}", str(folder), str(answer), *words]
    with log.open("w", encoding="utf-8") as lines:
        done = subprocess.run(command, cwd=ROOT, env=told, stdout=lines, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:])
        raise RuntimeError(f"{system} ended with {done.returncode}; its last lines:\n{tail}")
    found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return found
