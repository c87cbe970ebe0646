"""A small simulated log and a small configuration for it."""

import io
from pathlib import Path
from typing import Any

from rich.console import Console

from training.config import Config
from training.simulation import SimulationConfig, simulate

FEATURES = [
    {"name": "user_id", "kind": "categorical", "scope": "context"},
    {"name": "placement", "kind": "categorical", "scope": "context"},
    {"name": "history", "kind": "multi_categorical", "scope": "context", "shares": "item_id", "max_length": 10},
    {"name": "user_tenure_days", "kind": "numeric", "scope": "context", "encoding": "standardise"},
    {"name": "item_id", "kind": "categorical", "scope": "candidate"},
    {"name": "position", "kind": "categorical", "scope": "candidate"},
    {"name": "category", "kind": "categorical", "scope": "candidate"},
    {"name": "price", "kind": "numeric", "scope": "candidate", "transform": "log1p"},
]
TASKS = [
    {"name": "click", "kind": "binary", "label": "clicked"},
    {"name": "dwell", "kind": "duration", "label": "dwell_seconds", "observed_when": "click", "reads": ["click"]},
    {
        "name": "conversion",
        "kind": "binary",
        "label": "converted",
        "observed_when": "click",
        "reads": ["click", "dwell"],
    },
]


def write_world(folder: Path, days: int = 4, rows_a_day: int = 6_000) -> Path:
    """A log with few users and items and a high click rate, so that a few thousand rows hold something to learn."""
    simulate(
        SimulationConfig(
            days=days, impressions_per_day=rows_a_day, num_users=300, num_items=150, click_rate=0.2, conversion_rate=0.2
        ),
        folder,
    )
    return folder


def small_config(path: Path | str, **training: Any) -> Config:
    """A network of a few thousand weights on that log; keywords go to the section [training]."""
    settings = {"batch_size": 512, "max_epochs": 1, "num_threads": 1, "validations_per_epoch": 2, **training}
    small = {"widths": [16]}
    return Config.model_validate(
        {
            "name": "small",
            "data": {
                "path": str(path),
                "timestamp": "time_ms",
                "timestamp_unit": "ms",
                "split": {"validation": "1d", "test": "1d"},
            },
            "features": FEATURES,
            "tasks": [{**task, "tower": small} for task in TASKS],
            "model": {"embedding": {"dim": 8}, "trunk": {"kind": "mmoe", "num_experts": 2, "expert": small}},
            "training": settings,
            "evaluation": {"group_by": "user_id", "slice_by": ["placement"]},
        }
    )


def silent() -> Console:
    """A console that nobody reads."""
    return Console(file=io.StringIO())
