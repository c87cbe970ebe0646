"""A simulated log with two ratings whose scales are a factor of 1,000 apart, and everything needed to train on it."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from rich.console import Console

from models.network import Network
from training.config import Config
from training.data.batches import TrainingBatch, sampled
from training.history import History
from training.pipeline import Prepared, prepare
from training.progress import Progress
from training.simulation import SimulationConfig, simulate
from training.trainer import Trainer
from training.validation import Validator

DAYS, ROWS_A_DAY, BATCH, EPOCHS = 8, 30_000, 1_024, 2
SIGNAL = 0.7
"""Of a rating's standard deviation; the rest is noise, so that about half of its variance can be explained."""
SCALES = {"rating": 1.0, "points": 1_000.0}
SMALL = {"widths": [32]}


def write_log(folder: Path) -> Path:
    """Days of impressions; `rating` follows the chance of a conversion, `points` the expected dwell."""
    world = SimulationConfig(
        days=DAYS, impressions_per_day=ROWS_A_DAY, num_users=2_000, num_items=500, click_rate=0.2, conversion_rate=0.2
    )
    simulate(world, folder)
    random = np.random.default_rng(0)
    for file in sorted(folder.glob("date=*/*.parquet")):
        table = pq.read_table(file, partitioning=None)
        chance, dwell = (np.asarray(table[name]) for name in ("true_conversion", "true_dwell_seconds"))
        signals = {"rating": np.log(chance) - np.log1p(-chance), "points": np.log(dwell)}
        for name, signal in signals.items():
            noise = np.sqrt(1 - SIGNAL**2) * random.standard_normal(len(signal))
            label = SCALES[name] * (SIGNAL * (signal - signal.mean()) / signal.std() + noise)
            table = table.append_column(name, pa.array(label))
        pq.write_table(table, file)
    return folder


def configuration(folder: Path, **training: Any) -> Config:
    """Click and the two ratings, observed in all rows; none reads another, so that a head has only what is shared."""
    categorical = {"context": ("user_id", "device", "placement", "country"), "candidate": ("item_id", "position")}
    features: list[dict[str, Any]] = [
        {"name": name, "kind": "categorical", "scope": scope} for scope, names in categorical.items() for name in names
    ]
    features += [{"name": name, "kind": "categorical", "scope": "candidate"} for name in ("category", "publisher_id")]
    tasks: list[dict[str, Any]] = [
        {"name": "click", "kind": "binary", "label": "clicked"},
        {"name": "rating", "kind": "regression", "label": "rating"},
        {"name": "points", "kind": "regression", "label": "points"},
    ]
    split = {"validation": "1d", "test": "1d"}
    return Config.model_validate(
        {
            "name": "scaled",
            "data": {"path": str(folder), "timestamp": "time_ms", "timestamp_unit": "ms", "split": split},
            "features": features,
            "tasks": [{**task, "tower": SMALL} for task in tasks],
            "model": {"embedding": {"dim": 8}, "trunk": {"kind": "shared_bottom", "mlp": {"widths": [128]}}},
            "training": {
                "batch_size": BATCH, "max_epochs": EPOCHS, "num_threads": 1, "validations_per_epoch": 8,
                "patience": 100, **training,
            },
        }
    )  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """The log, encoded once for all trainings."""

    prepared: Prepared
    train: TrainingBatch
    validation: TrainingBatch
    test: TrainingBatch

    @classmethod
    def of(cls, folder: Path) -> "Rows":
        prepared = prepare(configuration(folder), Console(file=io.StringIO()))
        windows, encoder = prepared.windows, prepared.data.encoder
        parts = (windows.train, windows.validation, windows.test)
        return cls(prepared, *(sampled(prepared.reader, encoder, window, window.num_rows) for window in parts))


class Remembered:
    """Batches of rows that are in memory, in a new order each epoch."""

    def __init__(self, rows: TrainingBatch, seed: int) -> None:
        self._rows, self._seed = rows, seed

    def epoch(self, number: int) -> Iterator[TrainingBatch]:
        order = torch.randperm(len(self._rows), generator=torch.Generator().manual_seed(1_000 * self._seed + number))
        for index in torch.split(order, BATCH):
            yield self._rows.rows(index)


@dataclass(frozen=True)
class Outcome:
    """A training: losses by head in the test window, in units of the base rate's, and the run's history."""

    test: dict[str, float]
    history: History


def trainer(rows: Rows, seed: int, **training: Any) -> Trainer:
    config = configuration(Path(rows.prepared.config.data.path), seed=seed, **training)
    torch.manual_seed(seed)
    network = Network(config.model_part(), rows.prepared.data.encoder, rows.prepared.data.statistics)
    stream: Any = Remembered(rows.train, seed)
    progress = Progress(Console(file=io.StringIO()), 1)
    return Trainer(config.training, network, stream, rows.validation, len(rows.train), progress)


def train(rows: Rows, seed: int, **training: Any) -> Outcome:
    made = trainer(rows, seed, **training)
    history = made.train()
    return Outcome(Validator(made.network, rows.test, 4_096).validate(history).losses, history)
