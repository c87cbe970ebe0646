"""One run of benchmarks.scaling, alone or as one process of several: how long its steps take, and what it exchanges."""

import json
import statistics
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from benchmarks.train_speed.log import SPLIT
from benchmarks.train_speed.setting import BATCH, DIM, NUM_EXPERTS, SIZES, TASKS, TOWER
from training.config import Config
from training.distributed.command import trained_among
from training.distributed.world import launched
from training.history import Alarm, History, Validation
from training.pipeline import Prepared, fit, prepare

WARM_UP = 5
SLICES = (512, BATCH)
"""Rows of a process's slice whose distinct ids are counted."""


class StepWatch:
    """Notes when each step was over."""

    def __init__(self) -> None:
        self.ended: list[float] = []

    def step(self, history: History) -> None:
        self.ended.append(time.perf_counter())

    def validation(self, result: Validation) -> None:
        pass

    def alarm(self, alarm: Alarm) -> None:
        pass

    def rate(self) -> float:
        """Rows a second of the median step after those that warm up."""
        ended = self.ended[WARM_UP:]
        return BATCH / statistics.median(b - a for a, b in pairwise(ended))


def configuration(log: Path, threads: int, steps: int, width: int) -> Config:
    """The model of `make bench-train` with experts of one layer, for so many steps."""
    learned = {"kind": "learned", "min_count": 1}
    features = [{"name": name, "kind": "categorical", "scope": "context", "vocabulary": learned} for name in SIZES]
    tower = {"widths": [TOWER]}
    trunk = {"kind": "mmoe", "num_experts": NUM_EXPERTS, "expert": {"widths": [width]}}
    training = {"batch_size": BATCH, "max_steps": WARM_UP + steps, "num_threads": threads, "validation_rows": 4_096}
    return Config.model_validate(
        {
            "name": "scaling",
            "data": {"path": str(log), "timestamp": "time", "split": SPLIT},
            "features": features,
            "tasks": [{"name": name, "kind": "binary", "label": name, "tower": tower} for name in TASKS],
            "model": {"embedding": {"dim": DIM}, "trunk": trunk},
            "training": {**training, "device": "cpu", "compile": False, "resume": {"enabled": False}},
        }
    )


def exchanged(prepared: Prepared, network: torch.nn.Module) -> dict[str, Any]:
    """Distinct rows that slices of a batch ask for, and how many dense weights there are."""
    ids = next(iter(prepared.stream().epoch(0))).inputs.ids
    distinct = {rows: len(torch.unique(ids[:rows])) for rows in SLICES}
    dense = sum(each.numel() for name, each in network.named_parameters() if name != "embeddings.table")
    return {"distinct": distinct, "dense": dense}


def main() -> None:
    log, threads, steps, width = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    config, watch, console = configuration(log, threads, steps, width), StepWatch(), Console(quiet=True)
    if (world := launched()) is None:
        prepared = prepare(config, console)
        trained = fit(prepared, console, [watch])
        print(json.dumps({"rate": watch.rate(), **exchanged(prepared, trained.predictor.network)}))
        return
    with trained_among(world, config, console, [watch]) as (finished, _):
        if finished is not None:
            print(json.dumps({"rate": watch.rate()}))


if __name__ == "__main__":
    main()
