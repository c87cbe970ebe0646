"""What a training state costs to write and to read, by the size of the table.

A state holds the weights and what the optimizers remember: for row-wise AdaGrad dim + 1 numbers a row, for sparse Adam
3 dim. The best weights so far lie in a file of their own, which is only read (for its checksum) when a state refers to
new ones. Times are the median of several, flushed to disk, on one thread.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import torch

from training.resume.cadence import MOST_OF_THE_TIME
from training.resume.config import ResumeConfig
from training.resume.store import StateStore

DIM = 16
TABLES = (100_000, 1_000_000, 4_000_000)
REPEATS = 3


def cost_table() -> Iterator[str]:
    default = 60 * ResumeConfig().every_minutes
    yield "| rows of the table | optimizer | state, MiB | write, s | read, s | share of the time |"
    yield "|---|---|---|---|---|---|"
    for num_rows in TABLES:
        for optimizer, remembered in (("rowwise_adagrad", 1), ("sparse_adam", 2 * DIM)):
            size, write, read = measured(num_rows, remembered)
            share = write / max(default, write / MOST_OF_THE_TIME)
            yield f"| {num_rows:,} | `{optimizer}` | {size / 2**20:,.0f} | {write:.2f} | {read:.2f} | {share:.2%} |"


def measured(num_rows: int, remembered: int) -> tuple[int, float, float]:
    """Bytes of a state, seconds to write one and to read it.

    Args:
        num_rows: of the table.
        remembered: numbers that the optimizer keeps for each row.
    """
    parts = {"network": {"table": torch.ones(num_rows, DIM)}, "optimizers": {"held": torch.ones(num_rows, remembered)}}
    with tempfile.TemporaryDirectory(prefix="threefold-state-") as name:
        store = StateStore(Path(name), "cost", print)
        write = median(seconds(lambda: store.write(parts, {})) for _ in range(REPEATS))
        read = median(seconds(store.newest) for _ in range(REPEATS))
        size = sum(path.stat().st_size for path in Path(name).rglob("*") if path.is_file())
    return size, write, read


def seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


if __name__ == "__main__":
    for line in cost_table():
        print(line, flush=True)
