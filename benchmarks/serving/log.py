"""A log that shows all ids of the world, for the training of the checkpoint."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.serving.world import ALL_SIZES, is_text, spelt

TRAIN, VALIDATION, TEST = 700_000, 30_000, 60_000
FIRST_DAY, TRAINING_DAYS = pd.Timestamp("2026-01-01", tz="UTC"), 8

Ids = NDArray[np.int32]


def write_log(folder: Path, seed: int = 0) -> None:
    """Write the log below the folder, in the order of time; every id is in the training rows."""
    random = np.random.default_rng(seed)
    num_rows = TRAIN + VALIDATION + TEST
    ids = {name: _drawn(random, size, num_rows) for name, size in ALL_SIZES.items()}
    columns: dict[str, pa.Array] = {name: _spelt(name, column) for name, column in ids.items()}
    columns |= {name: pa.array(values) for name, values in _labels(random, ids).items()}
    columns["time"] = pa.array(_times())
    folder.mkdir(parents=True)
    pq.write_table(pa.table(columns), folder / "part-0.parquet", row_group_size=65_536)


def _drawn(random: np.random.Generator, size: int, num_rows: int) -> Ids:
    """Ids from 0, few of them frequent."""
    skewed = np.exp(random.random(num_rows) * np.log(size)).astype(np.int32) - 1
    skewed[:size] = np.arange(size)
    random.shuffle(skewed[:TRAIN])
    return skewed


def _spelt(feature: str, column: Ids) -> pa.Array:
    if not is_text(feature):
        return pa.array(column)
    texts = pa.array([spelt(feature, number) for number in range(ALL_SIZES[feature])])
    return pa.DictionaryArray.from_arrays(pa.array(column), texts).cast(pa.string())


def _labels(random: np.random.Generator, ids: dict[str, Ids]) -> dict[str, NDArray[np.float32]]:
    """What makes somebody click makes him stay and buy, too."""
    num_rows = len(next(iter(ids.values())))
    liking = sum(random.normal(size=size)[ids[name]] for name, size in ALL_SIZES.items()) / np.sqrt(len(ALL_SIZES))
    clicked = random.random(num_rows) < 1 / (1 + np.exp(1.1 - 1.2 * liking))
    stayed = np.exp(2.0 + 0.5 * liking + random.normal(size=num_rows))
    bought = clicked & (random.random(num_rows) < 1 / (1 + np.exp(2.5 - 0.8 * liking)))
    found = {"click": clicked, "dwell": np.where(clicked, stayed, 0.0), "conversion": bought}
    return {name: values.astype(np.float32) for name, values in found.items()}


def _times() -> pd.DatetimeIndex:
    """Training rows spread over the first days, then a day for each of the other windows."""
    day = np.timedelta64(86_400_000, "ms")
    parts, start = [], 0
    for num_rows, days in ((TRAIN, TRAINING_DAYS), (VALIDATION, 1), (TEST, 1)):
        parts.append(start * day + np.arange(num_rows) * (days * day) // num_rows)
        start += days
    return FIRST_DAY + pd.to_timedelta(np.concatenate(parts))
