"""Threefold with its default options: `prepare`, which takes the encoded log from the cache, and `fit`.

Beside it, in the same process: the bare forward and backward pass of the same network, computed in the same way, on
batches in memory.
"""

import io
import statistics
import time
from itertools import islice
from typing import Any

import torch
from rich.console import Console

from benchmarks.train_speed.log import SPLIT
from benchmarks.train_speed.setting import BATCH, DIM, NUM_EXPERTS, SIZES, TASKS, THREADS, TOWER
from benchmarks.train_speed.stopwatch import Given, given
from models.network import Network
from training.compute import Compute
from training.config import Config
from training.data.batches import TrainingBatch, sampled
from training.history import Alarm, History, Validation
from training.objective import task_losses
from training.pipeline import Prepared, Trained, fit, prepare, total_steps

EVALUATED_TOGETHER = 8_192
QUIET = Console(file=io.StringIO())


class Watching:
    """An observer that tells the stopwatch of every step."""

    def __init__(self, told: Given) -> None:
        self._watch = told.watch

    def step(self, history: History) -> None:
        self._watch.step()

    def validation(self, result: Validation) -> None:
        pass

    def alarm(self, alarm: Alarm) -> None:
        pass


def configuration(told: Given) -> Config:
    """One pass with default options; every id that the training window holds has a row, as the peers' tables do."""
    learned = {"kind": "learned", "min_count": 1}
    features = [{"name": name, "kind": "categorical", "scope": "context", "vocabulary": learned} for name in SIZES]
    tower = {"widths": [TOWER]}
    trunk = {"kind": "mmoe", "num_experts": NUM_EXPERTS, "expert": {"widths": list(told.experts)}}
    return Config.model_validate(
        {
            "name": "train_speed",
            "data": {"path": str(told.data / "log"), "timestamp": "time", "split": SPLIT},
            "features": features,
            "tasks": [{"name": name, "kind": "binary", "label": name, "tower": tower} for name in TASKS],
            "model": {"embedding": {"dim": DIM}, "trunk": trunk},
            "training": {
                "batch_size": BATCH, "max_epochs": 1, "validations_per_epoch": 1, "num_threads": THREADS,
                "seed": told.seed,
            },
        }
    )  # fmt: skip


class Bare:
    """Forward and backward pass, and nothing else."""

    def __init__(self, prepared: Prepared, told: Given) -> None:
        settings = prepared.config.training
        self._network = Network(prepared.config.model_part(), prepared.data.encoder, prepared.data.statistics).train()
        self._compute = Compute(self._network, settings.precision)
        folder = prepared.config.data.cache.path / "compiled"
        self._compute.prepare(settings.compile, BATCH, total_steps(prepared), folder)
        self._batches = list(islice(prepared.stream().epoch(0), told.watch.window))
        self.rates: list[float] = []

    def measure(self, num_windows: int) -> None:
        """So many more rates, after a window that warms up."""
        for window in range(num_windows + 1):
            started = time.perf_counter()
            for batch in self._batches:
                self._pass(batch)
            if window:
                self.rates.append(BATCH * len(self._batches) / (time.perf_counter() - started))

    def _pass(self, batch: TrainingBatch) -> None:
        self._network.zero_grad()
        outputs = self._compute.forward(batch.inputs, None, eagerly=False).outputs
        losses = [self._network.head(task).loss(output, batch.labels[task]).mean() for task, output in outputs.items()]
        torch.stack(losses).sum().backward()


@torch.inference_mode()
def log_losses(prepared: Prepared, trained: Trained) -> dict[str, float]:
    """In nats on all rows of the test window, before calibration, as the plain loop's."""
    encoder, window = prepared.data.encoder, prepared.windows.test
    rows = sampled(prepared.reader, encoder, window, window.num_rows)
    network = trained.predictor.network.eval()
    totals = dict.fromkeys(TASKS, 0.0)
    for index in torch.arange(len(rows)).split(EVALUATED_TOGETHER):
        batch = rows.rows(index)
        for task, loss in task_losses(network, network(batch.inputs), batch.labels).items():
            totals[task] += float(loss) * network.head(task).base_loss * len(batch)
    return {task: total / len(rows) for task, total in totals.items()}


def main() -> None:
    told = given()
    started = time.perf_counter()
    prepared = prepare(configuration(told), QUIET)
    prepare_seconds = time.perf_counter() - started
    bare = Bare(prepared, told)
    bare.measure(3)
    trained = fit(prepared, QUIET, [Watching(told)])
    bare.measure(3)
    history = trained.history
    measured: dict[str, Any] = {
        "bare": bare.rates,
        "waiting": history.waited_seconds / history.seconds,
        "prepare_seconds": prepare_seconds,
        "computed_by": history.computed_by,
        "log_loss": log_losses(prepared, trained),
        "of_bare": statistics.median(told.watch.rates()) / statistics.median(bare.rates),
    }
    told.reply(["torch"], **measured)


if __name__ == "__main__":
    main()
