"""What it takes to fit and encode a log: rows a second, against the same in pandas.

    python -m benchmarks.encoding [--rows N] [--repeats N]

The log has 30 categorical features with two million ids in all: a third of the features are dense whole numbers, a
third whole numbers of 62 bits, a third text; frequencies fall with the rank. It lies in one Parquet file in a temporary
folder. Ours and pandas take turns, medians count. All variants end at the same table rows, which is checked first.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.results_page import replace_section
from models.config import ModelConfig
from models.encoder import PADDING, Encoder
from models.features.vocabulary import MISSING, NUM_RESERVED, UNKNOWN
from training.data.batches import encode_chunk
from training.data.parallel import in_order
from training.data.reader import LogReader
from training.data.source import LogSource
from training.fitting.fit import fit_data

FEATURES, ROW_GROUP, WANTED = 30, 131_072, 300_000
SIZES = [int(size) for size in np.geomspace(10, 636_000, FEATURES)]
NAMES = [f"feature{number:02}" for number in range(FEATURES)]
Table = NDArray[np.int64]
"""Rows of each feature's table, [rows, features]."""


def model() -> ModelConfig:
    features = [{"name": name, "kind": "categorical", "scope": "candidate"} for name in NAMES]
    tasks = [
        {"name": "click", "kind": "binary", "label": "clicked"},
        {"name": "dwell", "kind": "duration", "label": "seconds", "observed_when": "click", "reads": ["click"]},
    ]
    return ModelConfig.model_validate({"features": features, "tasks": tasks})


def write_log(file: Path, rows: int) -> None:
    random = np.random.default_rng(0)
    with pq.ParquetWriter(file, _table(random, 1).schema) as writer:
        for start in range(0, rows, ROW_GROUP):
            writer.write_table(_table(random, min(ROW_GROUP, rows - start)))


def _table(random: np.random.Generator, rows: int) -> pa.Table:
    columns = {}
    for number, (name, size) in enumerate(zip(NAMES, SIZES, strict=True)):
        rank = np.exp(random.random(rows) * np.log(size)).astype(np.int64)  # ranks 1 to 10 as often as 10 to 100
        columns[name] = [_dense, _scattered, _text][number % 3](rank)
    clicked = random.random(rows) < 0.2
    seconds = pa.array(random.lognormal(3, 1, rows), mask=~clicked)
    return pa.table({**columns, "clicked": clicked.astype(np.int8), "seconds": seconds})


def _dense(rank: NDArray[np.int64]) -> pa.Array:
    return pa.array(rank)


def _scattered(rank: NDArray[np.int64]) -> pa.Array:
    return pa.array((rank * 0x1E3779B97F4A7C15) & ((1 << 62) - 1))  # an odd factor keeps them apart


def _text(rank: NDArray[np.int64]) -> pa.Array:
    distinct, codes = np.unique(rank, return_inverse=True)
    texts = pa.array([f"item-{number:08x}" for number in distinct.tolist()])
    return texts.take(pa.array(codes))


def reader(file: Path, threads: int) -> LogReader:
    pa.set_cpu_count(threads)
    return LogReader(LogSource(str(file), {}), model(), workers=threads if threads > 1 else 0)


def fitted(file: Path, threads: int) -> Encoder:
    chunks = reader(file, threads).chunks()
    return fit_data(model(), ((chunk.features, chunk.labels, chunk.num_rows) for chunk in chunks), seed=0).encoder


def encoded(file: Path, encoder: Encoder, threads: int) -> Iterator[Table]:
    """Rows of the packed table, a chunk at a time, as the cache of encoded rows takes them."""
    chunks = reader(file, threads).chunks()
    batches = in_order(lambda chunk: encode_chunk(encoder, chunk), chunks, threads if threads > 1 else 0)
    return (batch.inputs.ids.numpy() for batch in batches)


def pandas_fitted(file: Path) -> dict[str, "pd.Series[int]"]:
    """A row for each value that is there twice, the most frequent first, ties in the order of their text."""
    frame = pd.read_parquet(file, columns=NAMES)
    rows_of = {}
    for name in NAMES:
        counts = frame[name].value_counts()
        counts = counts[counts > 1]
        texts = counts.index.astype(str).to_numpy(dtype="U")
        order = np.lexsort((texts, -counts.to_numpy()))
        rows_of[name] = pd.Series(np.arange(len(order)) + NUM_RESERVED, index=counts.index[order])
    return rows_of


def pandas_encoded(file: Path, rows_of: dict[str, "pd.Series[int]"]) -> Table:
    """The whole file as a frame, and `Series.map` a column."""
    frame = pd.read_parquet(file, columns=NAMES)
    first, columns = PADDING + 1, []
    for name in NAMES:
        rows = frame[name].map(rows_of[name]).fillna(UNKNOWN).astype(np.int64)
        columns.append(rows.mask(frame[name].isna(), MISSING).to_numpy() + first)
        first += NUM_RESERVED + len(rows_of[name])
    return np.stack(columns, axis=1)


def check(file: Path, encoder: Encoder, rows_of: dict[str, "pd.Series[int]"]) -> None:
    expected = pandas_encoded(file, rows_of)
    for threads in (1, 2):
        if not np.array_equal(np.concatenate(list(encoded(file, encoder, threads))), expected):
            raise AssertionError(f"{threads} threads and pandas encode to different rows")


def measured(file: Path, repeats: int) -> dict[str, float]:
    """Seconds of each variant, the median of those that were timed in turns."""
    encoder, rows_of = fitted(file, 2), pandas_fitted(file)
    check(file, encoder, rows_of)
    variants: dict[str, Callable[[], object]] = {
        "fit, one thread": lambda: fitted(file, 1),
        "fit, two threads": lambda: fitted(file, 2),
        "fit, pandas": lambda: pandas_fitted(file),
        "encode, one thread": lambda: [len(rows) for rows in encoded(file, encoder, 1)],
        "encode, two threads": lambda: [len(rows) for rows in encoded(file, encoder, 2)],
        "encode, pandas": lambda: len(pandas_encoded(file, rows_of)),
    }
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(repeats):
        for name, run in variants.items():
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def page(seconds: dict[str, float], rows: int) -> str:
    lines = ["| from Parquet | thousand rows a second | against pandas |", "|---|---|---|"]
    for name, taken in seconds.items():
        against = seconds[f"{name.split(',')[0]}, pandas"] / taken
        lines.append(f"| {name} | {rows / taken / 1e3:,.0f} | {against:.1f} |")
    rate = rows / seconds["encode, two threads"]
    verdict = "met" if rate >= WANTED else "missed"
    return "\n".join([*lines, "", f"Acceptance, {WANTED:,} rows encoded a second on two threads: {verdict}."])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    settings = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "log.parquet"
        write_log(file, settings.rows)
        text = page(measured(file, settings.repeats), settings.rows)
    print(text)
    replace_section("encoding", text)


if __name__ == "__main__":
    main()
