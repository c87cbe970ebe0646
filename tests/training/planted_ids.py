"""A log whose ids say little: few rows each, and what happens depends mostly on the rest of the row."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from training.config import Config

ROWS_A_DAY, TRAINING_DAYS = 6_000, 4
KINDS, PLACES = 8, 4
IDS = ("user", "item")


def write_log(folder: Path, seed: int, num_ids: int = 6_000) -> Path:
    """Six days; about four training rows a user and four an item."""
    random = np.random.default_rng(seed)
    num_rows = ROWS_A_DAY * (TRAINING_DAYS + 2)
    kind, place = random.integers(0, KINDS, num_rows), random.integers(0, PLACES, num_rows)
    suits = random.normal(size=(KINDS, PLACES))[kind, place] + 0.6 * (size := random.normal(size=num_rows))
    user = random.integers(0, num_ids, num_rows)
    suits += 0.5 * random.normal(size=num_ids)[user]
    clicked = random.random(num_rows) < 1 / (1 + np.exp(1 - suits))
    folder.mkdir(parents=True)
    pd.DataFrame(
        {
            "time": pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.arange(num_rows) / ROWS_A_DAY, unit="D"),
            "user": user,
            "item": random.integers(0, num_ids, num_rows),
            "kind": kind,
            "place": place,
            "size": size,
            "clicked": clicked.astype(np.int64),
            "seconds": np.where(clicked, np.exp(2 + 0.5 * suits + random.normal(size=num_rows)), 0.0),
        }
    ).to_parquet(folder / "log.parquet", index=False)
    return folder


def planted_config(path: Path, ids: tuple[str, ...] = IDS, **training: Any) -> Config:
    """A small network for that log; keywords go to the section [training]."""
    small = {"widths": [32]}
    features: list[dict[str, Any]] = [
        {"name": name, "kind": "categorical", "scope": "candidate"} for name in ("kind", "place", *ids)
    ]
    return Config.model_validate(
        {
            "name": "planted",
            "data": {"path": str(path), "timestamp": "time", "split": {"validation": "1d", "test": "1d"}},
            "features": [*features, {"name": "size", "kind": "numeric", "scope": "candidate"}],
            "tasks": [
                {"name": "click", "kind": "binary", "label": "clicked", "tower": small},
                {"name": "dwell", "kind": "duration", "label": "seconds", "observed_when": "click", "tower": small},
            ],
            "model": {"embedding": {"dim": 8}, "trunk": {"kind": "shared_bottom", "mlp": {"widths": [64]}}},
            "training": {"batch_size": 256, "max_epochs": 3, "num_threads": 1, "patience": 100, **training},
        }
    )
