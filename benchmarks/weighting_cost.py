"""What each weighting costs a step, as a ratio to fixed weights.

    python -m benchmarks.weighting_cost

All trainers take the same batches in turns in one process; the ratio of each round, and the median of all rounds.
"""

import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import torch

from benchmarks.results_page import replace_section
from benchmarks.scaled_log import BATCH, Rows, trainer, write_log
from training.weightings.torchjd_methods import Method

ROUNDS, WARM = 60, 5
WEIGHTINGS: dict[str, dict[str, Any]] = {
    **{kind: {"kind": kind} for kind in ("fixed", "uncertainty", "dwa", "gradnorm", "famo")},
    **{f"gradients, {method}": {"kind": "gradients", "method": method} for method in get_args(Method)},
}


def main() -> None:
    torch.set_num_threads(1)
    with TemporaryDirectory() as folder:
        rows = Rows.of(write_log(Path(folder)))
    trainers = {
        name: trainer(rows, 0, weighting=weighting, telemetry_every=10**9) for name, weighting in WEIGHTINGS.items()
    }
    ratios: dict[str, list[float]] = {name: [] for name in WEIGHTINGS}
    for number in range(ROUNDS):
        batch = rows.train.rows(torch.arange(number * BATCH, (number + 1) * BATCH) % len(rows.train))
        seconds = {}
        for name, made in trainers.items():
            started = time.perf_counter()
            made.step(batch)
            seconds[name] = time.perf_counter() - started
        for name, took in seconds.items():
            ratios[name].append(took / seconds["fixed"])
    lines = ["| weighting | step over that of `fixed` |", "|---|---|"]
    lines += [f"| {name} | {statistics.median(found[WARM:]):.2f} |" for name, found in ratios.items()]
    print("\n".join(lines))
    replace_section("weighting_cost", "\n".join(lines))


if __name__ == "__main__":
    main()
