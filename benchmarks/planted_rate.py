"""A log and a network in which one task needs another rate than the rest, for benchmarks/rates.py.

Users and items each have an attraction, and no feature but their ids shows it: embeddings start near zero, an id is
seen about 13 times (items 51 times) in the 600 steps of a training, so embeddings have to move fast. Clicks follow the
sum of the attractions. Whether something is finished follows its distance from zero, and that task has a tower of
nine ReLU layers, which dies at the rates that the ids need.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from training.config import Config

USERS, ITEMS = 3_000, 750
BATCH_SIZE, STEPS = 64, 600
ROWS = {"train": BATCH_SIZE * STEPS, "validation": 4_000, "test": 12_000}
"""A day each."""
PLANTED = "finished"
SUBNETS = ("embeddings", "shared", "heads.click", "heads.finished")
WEIGHTING_RATE = 1e-2
"""The default, in all trainings: it is none of the two rates."""


def write_log(file: Path, seed: int) -> None:
    """Three days of rows."""
    random = np.random.default_rng(seed)
    num_rows = sum(ROWS.values())
    user, item = random.integers(0, USERS, num_rows), random.integers(0, ITEMS, num_rows)
    attraction = random.normal(size=USERS)[user] + random.normal(size=ITEMS)[item]
    mood, length = random.normal(size=(2, num_rows))
    clicked = random.random(num_rows) < _sigmoid(1.5 * attraction + 0.5 * mood)
    finished = random.random(num_rows) < _sigmoid(3 * np.abs(attraction) - 3 + 0.5 * length)
    log = pd.DataFrame(
        {
            "time": pd.Timestamp("2026-01-10", tz="UTC") + pd.to_timedelta(_days(), unit="D"),
            "user": [f"u{number}" for number in user],
            "item": [f"i{number}" for number in item],
            "mood": mood,
            "length": length,
            "clicked": clicked.astype(np.int64),
            "finished": finished.astype(np.int64),
        }
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pandas(log), file)


def config(log: Path, seed: int, rates: dict[str, float | str]) -> Config:
    """The training with these rates, each along a cosine."""
    groups = {name: _group(name, rate) for name, rate in {**rates, "weighting": WEIGHTING_RATE}.items()}
    smooth = {"widths": [16], "activation": "silu"}
    ids = {"kind": "categorical", "vocabulary": {"kind": "learned", "min_count": 1}}
    numbers = {"kind": "numeric", "scope": "candidate", "encoding": "standardise"}
    return Config.model_validate(
        {
            "name": "planted",
            "data": {"path": str(log), "timestamp": "time", "split": {"validation": "1d", "test": "1d"}},
            "features": [
                {"name": "user", "scope": "context", **ids},
                {"name": "item", "scope": "candidate", **ids},
                {"name": "mood", **numbers},
                {"name": "length", **numbers},
            ],
            "tasks": [
                {"name": "click", "kind": "binary", "label": "clicked", "tower": smooth},
                {"name": PLANTED, "kind": "binary", "label": "finished", "tower": {"widths": [64] * 9}},
            ],
            "model": {"embedding": {"dim": 1}, "trunk": {"kind": "shared_bottom", "mlp": smooth}},
            "training": {
                "batch_size": BATCH_SIZE,
                "max_epochs": 1,
                "num_threads": 1,
                "seed": seed,
                "optimizers": groups,
            },
        }
    )


def two_rates(rest: float, planted: float) -> dict[str, float | str]:
    """One rate for the planted task's head and one for all the rest."""
    return {name: planted if name == f"heads.{PLANTED}" else rest for name in SUBNETS}


def _group(subnet: str, rate: float | str) -> dict[str, object]:
    kind = "sparse_adam" if subnet == "embeddings" else "adamw"
    return {"kind": kind, "learning_rate": rate, "schedule": {"kind": "cosine", "final_share": 0.01}}


def _days() -> np.ndarray:
    return np.concatenate([day + np.linspace(0, 0.99, rows) for day, rows in enumerate(ROWS.values())])


def _sigmoid(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logit))
