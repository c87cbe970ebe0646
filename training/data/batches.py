"""Encoded training batches, drawn from pools of bounded size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.batch import EncodedBatch, concatenate
from models.columns import Columns
from models.encoder import PADDING, Encoder
from models.errors import ConfigError
from training.cache.pools import EpochSeed, Pool, pools
from training.cache.rows import IDS, NUMBERS, EncodedRows, Lists, Positions, joined
from training.data.prefetch import prefetched
from training.data.reader import Chunk, LogReader
from training.data.windows import Window
from training.negative_sampling import NegativeSampling


@dataclass(frozen=True)
class TrainingBatch:
    """Encoded rows and their labels.

    Attributes:
        inputs: encoded features.
        labels: by task, float32 [batch]; NaN where the label does not count.
        sampling: how rows were left out; None where none were.
    """

    inputs: EncodedBatch
    labels: dict[str, Tensor]
    sampling: NegativeSampling | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    def rows(self, index: Tensor) -> "TrainingBatch":
        """The rows at the index, in its order."""
        labels = {name: label[index] for name, label in self.labels.items()}
        return TrainingBatch(self.inputs.rows(index), labels, self.sampling)


class TimedPast(Protocol):
    """The past rates of training rows, each as of its own time."""

    def encode(self, columns: Columns, times: NDArray[np.int64]) -> NDArray[np.float32]:
        """Numbers of rows with these times, [rows, width]."""


class Blocks(Protocol):
    """The encoded rows of a window, block by block."""

    @property
    def block_rows(self) -> Sequence[int]:
        """Rows of each block."""

    @property
    def tasks(self) -> Sequence[str]:
        """In the order of the labels."""

    def labels(self, block: int) -> NDArray[np.float32]:
        """The labels of a block, [rows, tasks]."""

    def read(self, block: int) -> EncodedRows:
        """All of a block."""


def encode_chunk(encoder: Encoder, chunk: Chunk, histories: TimedPast | None = None) -> TrainingBatch:
    """All rows of a chunk as one batch; with `histories` as rows that are trained on, which need their times."""
    past = None
    if histories is not None:
        assert chunk.times is not None, "the past of training rows depends on their times"
        past = histories.encode(chunk.features, chunk.times)
        width = sum(each.width for each in encoder.fitted.past)
        assert past.shape[1] == width, "training rows would read their own labels"
    labels = {name: torch.from_numpy(label.astype(np.float32)) for name, label in chunk.labels.items()}
    return TrainingBatch(encoder.encode(chunk.features, chunk.num_rows, past=past), labels)


class BatchStream:
    """Training batches of a window, epoch by epoch.

    An epoch is a sequence of pools, cut into batches: blocks come in a random order, and the rows of as many blocks as
    make `shuffle_rows` are shuffled together. The sequence depends on the seed, the epoch and these settings alone.

    Args:
        rows: of the window.
        batch_size: rows of a batch, over all ranks.
        shuffle_rows: rows of a pool, about: it is made of whole blocks.
        seed: of the order and of the sampling.
        sampling: which rows are left out.
        prefetch_batches: how many a thread has ready.
        shard: this rank and the number of ranks. Every rank gets the same part of every batch; the last batch loses
            what cannot be shared out evenly.

    Raises:
        ConfigError: a batch cannot be shared out evenly.
    """

    def __init__(
        self,
        rows: Blocks,
        *,
        batch_size: int,
        shuffle_rows: int,
        seed: int,
        sampling: NegativeSampling | None = None,
        prefetch_batches: int = 0,
        shard: tuple[int, int] = (0, 1),
    ) -> None:
        if batch_size % shard[1]:
            raise ConfigError(
                f"each of {shard[1]} processes takes the same part of a batch; found training.batch_size = "
                f"{batch_size:,}: choose a multiple of {shard[1]}"
            )
        self._rows = rows
        self._batch_size = batch_size
        self._shuffle_rows = max(shuffle_rows, batch_size)
        self._seed = seed
        self._sampling = sampling
        self._prefetch_batches = prefetch_batches
        self._shard = shard

    def epoch(self, number: int, start: int = 0) -> Iterator[TrainingBatch]:
        """All rows of the window once, or those that the sampling keeps; the last batch may be smaller.

        Args:
            number: of the epoch.
            start: batches to leave out at the beginning; their rows are not gathered.
        """
        made = (self._batch(rows) for rows in self._parts(EpochSeed(self._seed, number), start))
        return prefetched(made, self._prefetch_batches) if self._prefetch_batches else made

    def _parts(self, seed: EpochSeed, start: int) -> Iterator[EncodedRows]:
        """This rank's rows of each batch."""
        rest: EncodedRows | None = None  # of the pool before, too few for a batch
        for pool in pools(self._rows.block_rows, self._shuffle_rows, seed, lambda block: self._kept(seed, block)):
            skipped = max(start * self._batch_size - pool.start, 0)
            if skipped >= pool.num_rows:
                continue
            order, held = seed.row_order(pool)[skipped:], self._held(pool)
            if rest is not None and len(rest):
                missing = self._batch_size - len(rest)
                rest, order = joined([rest, held.take(order[:missing])]), order[missing:]
                if len(rest) < self._batch_size:
                    break  # there is no pool after one that is so small
                yield self._shared(rest)
            whole = len(order) - len(order) % self._batch_size
            for first in range(0, whole, self._batch_size):
                yield held.take(order[first : first + self._batch_size][self._own(self._batch_size)])
            rest = held.take(order[whole:])
            del held  # the next pool takes its place
        if rest is not None and len(rest) >= self._shard[1]:
            yield self._shared(rest)

    def _own(self, num_rows: int) -> slice:
        """This rank's part of a batch."""
        rank, num_ranks = self._shard
        size = num_rows // num_ranks
        return slice(rank * size, (rank + 1) * size)

    def _shared(self, rows: EncodedRows) -> EncodedRows:
        own = self._own(len(rows))
        return rows.cut(own.start, own.stop)

    def _kept(self, seed: EpochSeed, block: int) -> Positions | None:
        """Rows of a block that the sampling keeps; None for all."""
        if self._sampling is None:
            return None
        column = list(self._rows.tasks).index(self._sampling.task)
        label = torch.from_numpy(self._rows.labels(block)[:, column].copy())
        found: Positions = self._sampling.kept({self._sampling.task: label}, seed.thinning(block)).numpy()
        return found

    def _held(self, pool: Pool) -> EncodedRows:
        parts = (self._rows.read(block) for block in pool.blocks)
        return joined([p if kept is None else p.take(kept) for p, kept in zip(parts, pool.kept, strict=True)])

    def _batch(self, rows: EncodedRows) -> TrainingBatch:
        return as_batch(rows, self._rows.tasks, self._sampling)


def as_batch(rows: EncodedRows, tasks: Sequence[str], sampling: NegativeSampling | None = None) -> TrainingBatch:
    """The rows as the network takes them; lists are padded to the longest."""
    labels = np.ascontiguousarray(rows.labels.T)
    return TrainingBatch(
        EncodedBatch(
            torch.from_numpy(rows.ids.astype(np.int64)),
            {name: torch.from_numpy(lists.padded(PADDING)) for name, lists in rows.lists.items()},
            torch.from_numpy(rows.numerics),
        ),
        {task: torch.from_numpy(label) for task, label in zip(tasks, labels, strict=True)},
        sampling,
    )


def without_padding(batch: TrainingBatch) -> EncodedRows:
    """The rows as they are stored."""
    inputs = batch.inputs
    labels = np.stack([label.numpy() for label in batch.labels.values()], axis=1)
    lists = {name: Lists.unpadded(bag.numpy(), PADDING) for name, bag in inputs.bags.items()}
    return EncodedRows(inputs.ids.numpy().astype(IDS), inputs.numerics.numpy().astype(NUMBERS), labels, lists)


def sampled(reader: LogReader, encoder: Encoder, window: Window, max_rows: int) -> TrainingBatch:
    """Evenly spaced rows of a window, at most `max_rows`, encoded once and kept in memory for validation."""
    step = -(-window.num_rows // max_rows)
    parts: list[TrainingBatch] = []
    position = 0
    for chunk in reader.chunks(window):
        batch = encode_chunk(encoder, chunk)
        first = min(-position % step, len(batch))  # a short chunk may hold none
        parts.append(batch.rows(torch.arange(first, len(batch), step)))
        position += len(batch)
    return _joined(parts)


def _joined(parts: list[TrainingBatch]) -> TrainingBatch:
    return TrainingBatch(
        concatenate([part.inputs for part in parts], PADDING),
        {name: torch.cat([part.labels[name] for part in parts]) for name in parts[0].labels},
    )
