"""python -m benchmarks.serving: ours beside its peers and its floor, then the sections `serving_*` of docs/results.md.

SERVING_PEERS names the folder of the peers' virtual environments, SERVING_FOLDER where the checkpoint is kept.
`--quick` tries everything for moments and writes nothing; `--only` and `--peers` choose parts, and a section is written
where all of it was measured.
"""

import argparse
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from benchmarks.child import unwind_on_sigterm
from benchmarks.results_page import replace_section
from benchmarks.serving.asked import Oracle
from benchmarks.serving.bars import Judged
from benchmarks.serving.batching import measured_batching
from benchmarks.serving.checkpoint import trained_checkpoint
from benchmarks.serving.environments import install
from benchmarks.serving.extent import QUICK, WHOLE, Extent
from benchmarks.serving.page import (
    JUDGED_ROWS,
    batching_section,
    ratio_bars,
    ratios_section,
    stage_bars,
    stages_section,
    tail_bars,
    tail_section,
)
from benchmarks.serving.ratios import FAILURES, measured_ratios
from benchmarks.serving.running import CLIENT_CORE
from benchmarks.serving.stages import measured_stages
from benchmarks.serving.system import peers
from benchmarks.serving.tail import measured_tail

PARTS = ("ratios", "stages", "tail", "batching")
EXACT = "float32"


class Run:
    """The parts, on one checkpoint."""

    def __init__(self, checkpoint: Path, extent: Extent, only_peers: list[str], *, writes: bool) -> None:
        self._checkpoint = checkpoint
        self._extent = extent
        self._peers = only_peers
        self._writes = writes
        self._oracle = Oracle(checkpoint)
        passed = [name for name, verdict in self._oracle.manifest.precisions.items() if verdict.passed]
        self._reduced = [name for name in passed if name == "int8"]
        self._asked = self._oracle.asked(JUDGED_ROWS)

    def ratios(self) -> list[Judged]:
        found = measured_ratios(self._checkpoint, self._asked, self._reduced, self._extent, self._peers)
        self._show("serving", ratios_section(found), is_whole=self._peers == list(peers()))
        return ratio_bars(found)

    def stages(self) -> list[Judged]:
        precisions = [EXACT, *self._reduced]
        found = {each: measured_stages(self._checkpoint, self._oracle, each, self._extent) for each in precisions}
        self._show("serving_stages", stages_section(found))
        return stage_bars(found)

    def tail(self) -> list[Judged]:
        precisions = [EXACT, *self._reduced]
        found = [measured_tail(self._checkpoint, self._asked, each, self._extent) for each in precisions]
        self._show("serving_tail", tail_section(found))
        return tail_bars(found)

    def batching(self) -> list[Judged]:
        self._show(
            "serving_batching", batching_section(measured_batching(self._checkpoint, self._oracle, self._extent))
        )
        return []

    def _show(self, name: str, text: str, *, is_whole: bool = True) -> None:
        if self._writes and is_whole:
            replace_section(name, text)
        print(f"\n{text}\n", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving")
    parser.add_argument("--quick", action="store_true", help="moments of everything, nothing written")
    parser.add_argument("--rounds", type=int, default=None, help="turns of each server in the table of ratios")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to measure")
    parser.add_argument("--peers", nargs="*", choices=list(peers()), default=list(peers()), help="to be beside")
    asked = parser.parse_args()
    unwind_on_sigterm()
    extent = (QUICK if asked.quick else WHOLE).with_rounds(asked.rounds)
    checkpoint = trained_checkpoint()
    if "ratios" in asked.only:
        install(asked.peers)
    os.sched_setaffinity(0, {CLIENT_CORE})
    run = Run(checkpoint, extent, asked.peers, writes=not asked.quick)
    missed = [line for part in asked.only for line in _missed(part, getattr(run, part))]
    if missed:
        raise SystemExit("\n".join(["missed:", *missed]))


def _missed(part: str, measure: Callable[[], list[Judged]]) -> list[str]:
    """A line for each bar that was missed, or one for the whole part; the other parts go on."""
    try:
        return [f"  {bar.row()}" for bar in measure() if not bar.kept]
    except (*FAILURES, subprocess.CalledProcessError) as error:
        return [f"  {part}: not measured: {error}"]


if __name__ == "__main__":
    main()
