"""Encoded training batches, shuffled within a pool of bounded size."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.batch import EncodedBatch, concatenate
from models.columns import Columns
from models.encoder import PADDING, Encoder
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


def encode_chunk(encoder: Encoder, chunk: Chunk, histories: TimedPast | None = None) -> TrainingBatch:
    """All rows of a chunk as one batch; with `histories` as rows that are trained on, which need their times."""
    past = None
    if histories is not None:
        assert chunk.times is not None, "the past of training rows depends on their times"
        past = histories.encode(chunk.features, chunk.times)
    labels = {name: torch.from_numpy(label.astype(np.float32)) for name, label in chunk.labels.items()}
    return TrainingBatch(encoder.encode(chunk.features, chunk.num_rows, past=past), labels)


class BatchStream:
    """Training batches of a window, epoch by epoch.

    Files and row groups come in a random order; rows are drawn without replacement from a pool of `shuffle_rows`.
    The order depends on the seed and the epoch alone.
    """

    def __init__(
        self,
        reader: LogReader,
        encoder: Encoder,
        window: Window,
        *,
        batch_size: int,
        shuffle_rows: int,
        seed: int,
        histories: TimedPast | None = None,
        sampling: NegativeSampling | None = None,
    ) -> None:
        assert histories is not None or not encoder.fitted.past, "training rows would read their own labels"
        self._reader = reader
        self._encoder = encoder
        self._window = window
        self._batch_size = batch_size
        self._shuffle_rows = max(shuffle_rows, batch_size)
        self._seed = seed
        self._histories = histories if encoder.fitted.past else None
        self._sampling = sampling

    def epoch(self, number: int) -> Iterator[TrainingBatch]:
        """All rows of the window once, or those that the sampling keeps; the last batch may be smaller."""
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + number)
        random = np.random.default_rng([self._seed, number])
        pool: list[TrainingBatch] = []
        shuffle, with_times = Random(f"{self._seed}:{number}"), self._histories is not None  # noqa: S311
        for chunk in self._reader.chunks(self._window, shuffle=shuffle, with_times=with_times):
            pool.append(self._thinned(encode_chunk(self._encoder, chunk, self._histories), random))
            if sum(map(len, pool)) >= self._shuffle_rows:
                drawn = self._drawn(pool, generator)
                last = next(drawn)
                for batch in drawn:
                    yield last
                    last = batch
                pool = [last]  # perhaps not full: it waits for the next rows
        if any(map(len, pool)):
            yield from self._drawn(pool, generator)

    def _thinned(self, batch: TrainingBatch, random: np.random.Generator) -> TrainingBatch:
        """The rows that the sampling keeps."""
        if self._sampling is None:
            return batch
        return replace(batch.rows(self._sampling.kept(batch.labels, random)), sampling=self._sampling)

    def _drawn(self, pool: list[TrainingBatch], generator: torch.Generator) -> Iterator[TrainingBatch]:
        joined = _joined(pool)
        order = torch.randperm(len(joined), generator=generator)
        for index in torch.split(order, self._batch_size):
            yield joined.rows(index)


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
    if len(parts) == 1:
        return parts[0]
    return TrainingBatch(
        concatenate([part.inputs for part in parts], PADDING),
        {name: torch.cat([part.labels[name] for part in parts]) for name in parts[0].labels},
        parts[0].sampling,
    )
