"""A small made-up log and its configuration."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from models.config import ModelConfig
from training.config import Config
from training.data.config import DataConfig
from training.data.reader import LogReader, open_log

FIRST_DAY = datetime(2026, 1, 10, tzinfo=UTC)
FEATURES: list[dict[str, Any]] = [
    {"name": "user", "kind": "categorical", "scope": "context", "vocabulary": {"kind": "learned", "min_count": 1}},
    {"name": "age", "kind": "numeric", "scope": "context", "encoding": "standardise"},
    {"name": "item", "kind": "categorical", "scope": "candidate", "vocabulary": {"kind": "hash", "num_buckets": 64}},
    {"name": "tags", "kind": "multi_categorical", "scope": "candidate", "separator": ","},
]
TASKS: list[dict[str, Any]] = [
    {"name": "click", "kind": "binary", "label": "clicked"},
    {"name": "dwell", "kind": "duration", "label": "seconds", "observed_when": "click", "reads": ["click"]},
]
MODEL = {"embedding": {"dim": 2}, "trunk": {"kind": "shared_bottom", "mlp": {"widths": [4]}}}


def frame(days: int = 4, rows_per_day: int = 50, seed: int = 0) -> pd.DataFrame:
    """Rows spread evenly over days."""
    random = np.random.default_rng(seed)
    n = days * rows_per_day
    clicked = random.random(n) < 0.3
    step = timedelta(days=1) / rows_per_day
    return pd.DataFrame(
        {
            "time": [FIRST_DAY + step * row for row in range(n)],
            "row": np.arange(n),
            "user": [f"u{number}" for number in random.integers(0, 8, n)],
            "age": np.where(random.random(n) < 0.1, np.nan, random.normal(40, 10, n)),
            "item": random.integers(0, 30, n),
            "tags": random.choice(["a", "a,b", "b,c", ""], n),
            "clicked": clicked.astype(np.int64),
            "seconds": np.where(clicked, random.exponential(20, n), 0.0),
        }
    )


def write(path: Path, log: pd.DataFrame | dict[str, Any] | pa.Table, **options: Any) -> Path:
    """Write a file of the kind that the name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        pd.DataFrame(log).to_csv(path, index=False)
        return path
    table = log if isinstance(log, pa.Table) else pa.table(log) if isinstance(log, dict) else pa.Table.from_pandas(log)
    pq.write_table(table, path, **options)
    return path


def write_days(folder: Path, log: pd.DataFrame, suffix: str = ".parquet", **options: Any) -> Path:
    """One hive partition a day."""
    for day, rows in log.groupby(log.time.dt.strftime("%Y-%m-%d")):
        write(folder / f"date={day}" / f"part-0{suffix}", rows.reset_index(drop=True), **options)
    return folder


def data_config(path: Path, **changes: Any) -> DataConfig:
    settings = {"path": str(path), "timestamp": "time", "split": {"validation": "1d", "test": "1d"}, **changes}
    return DataConfig.model_validate(settings)


def model_config(**changes: Any) -> ModelConfig:
    return ModelConfig.model_validate({"features": FEATURES, "tasks": TASKS, **MODEL, **changes})


def config(path: Path, **changes: Any) -> Config:
    settings = {"name": "small", "data": data_config(path), "features": FEATURES, "tasks": TASKS, "model": MODEL}
    return Config.model_validate({**settings, **changes})


def reader(path: Path, model: ModelConfig | None = None, **data: Any) -> LogReader:
    model = model or model_config()
    return LogReader(open_log(data_config(path, **data), model), model)
