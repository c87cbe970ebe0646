"""Days of a long log with planted click rates, fast: a million rows a second or so."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from training.config import Config

DAYS, FIRST_DAY = 50, datetime(2026, 1, 1, tzinfo=UTC)
ROWS_A_USER, ROWS_AN_ITEM = 100, 1_000
PIECE = 500_000
CATEGORICAL = ("user", "item", "creator", "category", "device", "placement", "hour")


def write_days(folder: Path, num_rows: int) -> int:
    """Write a file a day; returns the bytes of all."""
    random = np.random.default_rng(0)
    world = World(random, max(100, num_rows // ROWS_A_USER), max(100, num_rows // ROWS_AN_ITEM))
    sizes = []
    for day in range(DAYS):
        name = (FIRST_DAY + timedelta(days=day)).strftime("%Y-%m-%d")
        file = folder / f"date={name}" / "part-0.parquet"
        file.parent.mkdir(parents=True)
        left = num_rows * (day + 1) // DAYS - num_rows * day // DAYS
        start = int((FIRST_DAY + timedelta(days=day)).timestamp() * 1000)
        times = np.linspace(start, start + 86_399_999, left).astype(np.int64)
        with pq.ParquetWriter(file, world.piece(random, times[:1]).schema) as writer:
            for first in range(0, left, PIECE):
                writer.write_table(world.piece(random, times[first : first + PIECE]))
        sizes.append(file.stat().st_size)
    return sum(sizes)


class World:
    """Users and items with click rates of their own."""

    def __init__(self, random: np.random.Generator, num_users: int, num_items: int) -> None:
        self._of_user = random.normal(0, 0.7, num_users).astype(np.float32)
        self._of_item = random.normal(0, 0.7, num_items).astype(np.float32)
        self._price = np.exp(random.normal(2, 1, num_items)).round(2).astype(np.float32)

    def piece(self, random: np.random.Generator, times: NDArray[np.int64]) -> pa.Table:
        """Rows at these times, in milliseconds since 1970."""
        rows = len(times)
        user = random.integers(0, len(self._of_user), rows, dtype=np.int32)
        popularity = np.square(random.random(rows, dtype=np.float32))
        item = (popularity * len(self._of_item)).astype(np.int32)
        placement = random.integers(0, 4, rows, dtype=np.int8)
        level = -2 + self._of_user[user] + self._of_item[item] - 0.3 * placement
        clicked = random.random(rows, dtype=np.float32) < 1 / (1 + np.exp(-level))
        converted = clicked & (random.random(rows, dtype=np.float32) < 0.05 + 0.1 * (placement == 0))
        return pa.table(
            {
                "time_ms": times,
                "user": user,
                "item": item,
                "creator": item // 20,
                "category": (item % 50).astype(np.int8),
                "device": random.integers(0, 5, rows, dtype=np.int8),
                "placement": placement,
                "hour": (times // 3_600_000 % 24).astype(np.int8),
                "price": self._price[item],
                "clicked": clicked,
                "converted": converted,
            }
        )


def configuration(log: Path) -> Config:
    """A small model of it, for one pass."""
    features: list[dict[str, Any]] = [
        {"name": name, "kind": "categorical", "scope": "candidate"} for name in CATEGORICAL
    ]
    features.append({"name": "price", "kind": "numeric", "scope": "candidate", "encoding": "standardise"})
    small = {"widths": [32]}
    return Config.model_validate(
        {
            "name": "long",
            "data": {
                "path": str(log),
                "timestamp": "time_ms",
                "timestamp_unit": "ms",
                "split": {"validation": "1d", "test": "1d"},
            },
            "features": features,
            "tasks": [
                {"name": "click", "kind": "binary", "label": "clicked", "tower": small},
                {
                    "name": "conversion",
                    "kind": "binary",
                    "label": "converted",
                    "observed_when": "click",
                    "tower": small,
                },
            ],
            "model": {"embedding": {"dim": 16}, "trunk": {"kind": "shared_bottom", "mlp": {"widths": [64]}}},
            "training": {"batch_size": 8_192, "max_epochs": 1, "validations_per_epoch": 10, "patience": 10},
        }
    )
