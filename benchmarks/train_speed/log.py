"""The data: ids with effects of their own on two labels, as Parquet for ours and as arrays for all others."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.train_speed.setting import SIZES, TASKS, Extent

Ids = NDArray[np.int32]
RATES = {"click": 0.25, "like": 0.06}
FIRST_DAY = pd.Timestamp("2026-01-01", tz="UTC")
TRAINING_DAYS, NUM_FILES = 8, 4
SPLIT = {"validation": "1d", "test": "1d"}


def write_data(folder: Path, extent: Extent, seed: int = 0) -> None:
    """Write the log to `log/` and the arrays to `arrays/`; rows are in the order of time in both."""
    random = np.random.default_rng(seed)
    num_rows = extent.train + extent.validation + extent.test
    ids = {name: _drawn(random, size, extent.train, num_rows) for name, size in SIZES.items()}
    labels = _labels(random, ids)
    times = _times(extent)
    columns = pd.DataFrame({**ids, **labels, "time": times})
    (folder / "log").mkdir(parents=True)
    (folder / "arrays").mkdir()
    for number, part in enumerate(np.array_split(np.arange(num_rows), NUM_FILES)):
        columns.iloc[part].to_parquet(folder / "log" / f"part-{number}.parquet", index=False, row_group_size=65_536)
    np.save(folder / "arrays" / "ids.npy", np.stack(list(ids.values()), axis=1), allow_pickle=False)
    np.save(folder / "arrays" / "labels.npy", np.stack(list(labels.values()), axis=1), allow_pickle=False)
    ends = [extent.train, extent.train + extent.validation, num_rows]
    (folder / "arrays" / "ends.json").write_text(json.dumps(ends), encoding="utf-8")


def _drawn(random: np.random.Generator, size: int, num_train: int, num_rows: int) -> Ids:
    """Ids from 0, few of them frequent; every one is among the training rows, if they are as many, so all know all."""
    skewed = np.exp(random.random(num_rows) * np.log(size)).astype(np.int32) - 1
    covered = min(size, num_train)
    skewed[:covered] = np.arange(covered)
    random.shuffle(skewed[:num_train])
    return skewed


def _labels(random: np.random.Generator, ids: dict[str, Ids]) -> dict[str, NDArray[np.float32]]:
    """Half of what makes somebody click makes him like, too."""
    num_rows = len(next(iter(ids.values())))
    shared, own = (_suits(random, ids, num_rows) for _ in range(2))
    logits = {"click": 1.2 * shared, "like": 0.8 * shared + 0.8 * own}
    found = {}
    for task in TASKS:
        chance = 1 / (1 + np.exp(-(logits[task] + np.log(RATES[task] / (1 - RATES[task])))))
        found[task] = (random.random(num_rows) < chance).astype(np.float32)
    return found


def _suits(random: np.random.Generator, ids: dict[str, Ids], num_rows: int) -> NDArray[np.float64]:
    """A sum of the ids' effects, of variance 1, [rows]."""
    total = np.zeros(num_rows)
    for name, column in ids.items():
        total += random.normal(size=SIZES[name])[column]
    return total / total.std()


def _times(extent: Extent) -> pd.DatetimeIndex:
    """Training rows spread over the first days, then a day for each of the other windows."""
    day = np.timedelta64(86_400_000, "ms")
    spans = [(extent.train, TRAINING_DAYS), (extent.validation, 1), (extent.test, 1)]
    parts, start = [], 0
    for num_rows, days in spans:
        parts.append(start * day + np.arange(num_rows) * (days * day) // num_rows)
        start += days
    return FIRST_DAY + pd.to_timedelta(np.concatenate(parts))
