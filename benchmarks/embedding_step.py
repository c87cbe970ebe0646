"""What a training step pays for its embeddings: looking rows up, their gradient, and moving them.

    python -m benchmarks.embedding_step [--threads 2] [--rounds 15] [--rows 2000000 20000000] [--write]

4,096 rows of 30 ids, and beside them three lists of up to 50 in the last column; dim 16. All ways take turns on the
same batches in one process, on one table (FBGEMM on a copy, Adam's on the same moments), and the median of each is
shown. The network above is left out: its gradient is given. `--write` puts the table into docs/results.md.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.results_page import replace_section
from models.encoder import PADDING
from models.lookup import Slots, looked_up_by_touched_rows
from training.optimizers.rowwise_adagrad import RowwiseAdagradConfig
from training.optimizers.sparse_adam import SparseAdamConfig

BATCH, IDS, DIM, LISTS, LENGTH, SKEW = 4_096, 30, 16, 3, 50, 4
Batch = tuple[Tensor, list[Tensor]]
Step = Callable[[Batch], None]


@dataclass(frozen=True)
class Setting:
    """A column: rows of the table, how unevenly they are asked for, and lists beside the ids."""

    num_rows: int
    skew: int = SKEW
    num_lists: int = 0

    def __str__(self) -> str:
        rows = f"{self.num_rows / 1e6:g} M rows"
        return rows + (", uniform" if self.skew == 1 else "") + (f", {self.num_lists} lists" if self.num_lists else "")

    def batch(self) -> Batch:
        """Ids [batch, ids], each feature in its part of the table, and lists [batch, length] of mixed lengths."""
        part = self.num_rows // IDS

        def drawn(columns: int) -> Tensor:
            return 1 + (torch.rand(BATCH, columns) ** self.skew * part).long().clamp(max=part - 1)

        held = [torch.arange(LENGTH) < torch.randint(0, LENGTH + 1, (BATCH, 1)) for _ in range(self.num_lists)]
        lists = [torch.where(each, drawn(LENGTH) + n * part, PADDING) for n, each in enumerate(held)]
        return drawn(IDS) + torch.arange(IDS) * part, lists


@dataclass
class Bench:
    """One table, the moments that all kinds of Adam share, and a gradient from above."""

    setting: Setting
    table: nn.Parameter = field(init=False)

    def __post_init__(self) -> None:
        rows = self.setting.num_rows + 1
        self.table = nn.Parameter(torch.randn(rows, DIM) * 0.05)
        self.moments = {"exp_avg": torch.zeros(rows, DIM), "exp_avg_sq": torch.zeros(rows, DIM)}
        self.gradient = torch.randn(BATCH, (IDS + self.setting.num_lists) * DIM) * 1e-3

    def ways(self) -> dict[str, Step]:
        """By name, a step with a batch."""
        adagrad = RowwiseAdagradConfig(learning_rate=0.01)
        adam, fused = (torch.optim.Adam([self.table], fused=fused) for fused in (False, True))
        found = {
            "dense gradient, Adam": self._with(adam, self._dense, torch.tensor(1.0)),
            "dense gradient, fused Adam": self._with(fused, self._dense, torch.tensor(1.0)),
            "sparse gradient, SparseAdam": self._with(torch.optim.SparseAdam([self.table]), self._sparse, 1),
            "a sparse lookup a feature, row-wise AdaGrad": self._with(adagrad.build([self.table]), self._by_feature),
            "one lookup, `sparse_adam`": self._with(
                SparseAdamConfig(kind="sparse_adam", learning_rate=1e-3).build([self.table]), self._at_once, 1
            ),
            "one lookup, `rowwise_adagrad`": self._with(adagrad.build([self.table]), self._at_once),
        }
        fbgemm = None if self.setting.num_lists else fbgemm_step(self.setting.num_rows + 1, self.gradient)
        return found if fbgemm is None else {**found, "FBGEMM, row-wise AdaGrad": fbgemm}

    def _with(self, optimizer: torch.optim.Optimizer, lookup: Callable[[Batch], Tensor], step: Any = None) -> Step:
        if step is not None:
            optimizer.state[self.table] = {"step": step, **self.moments}

        def made(batch: Batch) -> None:
            optimizer.zero_grad()
            lookup(batch).backward(self.gradient)  # type: ignore[no-untyped-call]
            optimizer.step()

        return made

    def _plain(self, batch: Batch, sparse: bool) -> Tensor:
        ids, lists = batch
        found = functional.embedding(ids, self.table, sparse=sparse).flatten(1)
        return torch.cat([found, *(self._bag(each, sparse) for each in lists)], dim=1)

    def _bag(self, rows: Tensor, sparse: bool) -> Tensor:
        return functional.embedding_bag(rows, self.table, mode="sum", padding_idx=PADDING, sparse=sparse)

    def _dense(self, batch: Batch) -> Tensor:
        return self._plain(batch, sparse=False)

    def _sparse(self, batch: Batch) -> Tensor:
        return self._plain(batch, sparse=True)

    def _by_feature(self, batch: Batch) -> Tensor:
        ids, lists = batch
        found = [functional.embedding(ids[:, n], self.table, sparse=True) for n in range(IDS)]
        return torch.cat([*found, *(self._bag(each, sparse=True) for each in lists)], dim=1)

    def _at_once(self, batch: Batch) -> Tensor:
        ids, lists = batch
        slots = Slots(torch.cat([ids, *lists], dim=1), [1] * IDS + [LENGTH] * len(lists)) if lists else Slots(ids)
        return looked_up_by_touched_rows(self.table, slots).flatten(1)


def fbgemm_step(num_rows: int, gradient: Tensor) -> Step | None:
    """FBGEMM's table-batched lookup, which moves the rows in its backward pass; None where it is not installed."""
    try:
        from fbgemm_gpu.split_embedding_configs import EmbOptimType
        from fbgemm_gpu.split_table_batched_embeddings_ops_common import EmbeddingLocation
        from fbgemm_gpu.split_table_batched_embeddings_ops_training import (
            ComputeDevice,
            SplitTableBatchedEmbeddingBagsCodegen,
        )
    except ImportError:
        return None
    made = SplitTableBatchedEmbeddingBagsCodegen(
        [(num_rows, DIM, EmbeddingLocation.HOST, ComputeDevice.CPU)],
        feature_table_map=[0] * IDS,  # as one feature, its backward pass takes four times as long
        optimizer=EmbOptimType.EXACT_ROWWISE_ADAGRAD,
        learning_rate=0.01,
        eps=1e-8,
    )
    offsets = torch.arange(BATCH * IDS + 1)

    def step(batch: Batch) -> None:
        made(batch[0].t().reshape(-1), offsets).backward(gradient)

    return step


def medians(setting: Setting, rounds: int) -> dict[str, float]:
    """Milliseconds a step by way; the first rounds of each are left out."""
    ways = Bench(setting).ways()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 2):
        batch = setting.batch()
        for name, step in ways.items():
            started = time.perf_counter()
            step(batch)
            seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(found[2:]) * 1e3 for name, found in seconds.items()}


def page(found: dict[str, dict[str, float]], threads: int) -> str:
    """A table of Markdown: a column a setting, a line a way."""
    names = list(dict.fromkeys(name for column in found.values() for name in column))
    lines = [f"| ms a step, {threads} thread(s) | {' | '.join(found)} |", "|---" * (len(found) + 1) + "|"]
    for name in names:
        cells = [f"{column[name]:.1f}" if name in column else "" for column in found.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--rows", type=int, nargs="+", default=[2_000_000, 20_000_000])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    settings = [Setting(rows, skew) for rows in options.rows for skew in (SKEW, 1)]
    settings.append(Setting(options.rows[0], num_lists=LISTS))
    found = {str(setting): medians(setting, options.rounds) for setting in settings}
    text = page(found, options.threads)
    print(text)
    if options.write:
        replace_section("embedding_step", text)


if __name__ == "__main__":
    main()
