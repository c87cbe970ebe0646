"""Where the time of a request goes, by number of candidates, and the floor beside it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.child import mortal
from benchmarks.commands import ONE_THREAD
from benchmarks.serving.asked import Oracle
from benchmarks.serving.extent import Extent
from benchmarks.serving.http_client import get
from benchmarks.serving.ratios import ANSWER_BYTES_A_ROW
from benchmarks.serving.running import ROOT, SERVER_CORE, Running, started
from benchmarks.serving.system import SPLIT_ROWS, echo, ours
from benchmarks.serving.turn import Turn, turn

SIZES = (1, 50, 100, 500, 2_000)
STAGES = ("parse", "encode", "network", "write")


@dataclass(frozen=True)
class Staged:
    """Requests of one size.

    Attributes:
        rows: candidates of a request.
        whole: its turn.
        stages: seconds of a request in each stage, as the service measures itself.
        alone: seconds of each part alone.
        echo: processor time of a bare echo of as many bytes.
    """

    rows: int
    whole: Turn
    stages: dict[str, float]
    alone: dict[str, float]
    echo: float

    @property
    def http(self) -> float:
        """What is in no stage."""
        return self.whole.cpu - sum(self.stages.values())

    @property
    def floor(self) -> float:
        """The sum of the parts."""
        return self.echo + sum(self.alone.values())

    @property
    def over_floor(self) -> float:
        """The whole in parts of the floor."""
        return self.whole.cpu / self.floor


def measured_stages(checkpoint: Path, oracle: Oracle, precision: str, extent: Extent) -> list[Staged]:
    """All sizes, on one server."""
    floors = _floors(checkpoint, precision, extent.floor_seconds)
    asked = {rows: oracle.asked(rows).messages(SPLIT_ROWS) for rows in SIZES}
    with tempfile.TemporaryDirectory() as folder:
        echoes = {
            rows: _echo(checkpoint, messages, rows, Path(folder), extent.stage_seconds / 2)
            for rows, messages in asked.items()
        }
        with started(ours(precision, [SPLIT_ROWS]), checkpoint, asked[1][0], Path(folder)) as running:
            return [
                _staged(running, messages, rows, floors[rows], echoes[rows], extent.stage_seconds)
                for rows, messages in asked.items()
            ]


def _echo(checkpoint: Path, messages: Sequence[bytes], rows: int, folder: Path, seconds: float) -> float:
    with started(echo(ANSWER_BYTES_A_ROW * rows), checkpoint, messages[0], folder) as running:
        return turn(running, messages, seconds).cpu


def _staged(
    running: Running, messages: Sequence[bytes], rows: int, alone: dict[str, float], bare: float, seconds: float
) -> Staged:
    turn(running, messages, seconds / 4)
    before = _stage_sums(running)
    whole = turn(running, messages, seconds)
    after = _stage_sums(running)
    stages = {name: (after[name][0] - before[name][0]) / (after[name][1] - before[name][1]) for name in STAGES}
    found = Staged(rows, whole, stages, alone, bare)
    print(f"{rows} candidates: {whole.cpu * 1e6:,.0f} us, {found.over_floor:.2f}x of the floor", flush=True)
    return found


def _stage_sums(running: Running) -> dict[str, tuple[float, float]]:
    """Seconds and observations by stage, so far."""
    found: dict[str, dict[str, float]] = {name: {} for name in STAGES}
    for line in running.ask(get("/metrics")).body.decode().splitlines():
        for kind in ("sum", "count"):
            if line.startswith(f"threefold_stage_seconds_{kind}{{"):
                name = line.partition('stage="')[2].partition('"')[0]
                if name in found:
                    found[name][kind] = float(line.rpartition(" ")[2])
    return {name: (held["sum"], held["count"]) for name, held in found.items()}


def _floors(checkpoint: Path, precision: str, seconds: float) -> dict[int, dict[str, float]]:
    command = [
        "taskset", "--cpu-list", str(SERVER_CORE), sys.executable, "-m", "benchmarks.serving.floor",
        str(checkpoint), precision, str(seconds), *map(str, SIZES),
    ]  # fmt: skip
    told = {**os.environ, **ONE_THREAD}
    done = subprocess.run(mortal(command), cwd=ROOT, env=told, stdout=subprocess.PIPE, text=True, check=True)
    return {int(rows): parts for rows, parts in json.loads(done.stdout).items()}
