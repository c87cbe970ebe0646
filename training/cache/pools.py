"""The order of an epoch, in numbers alone: which rows are in which pool, and how each pool is shuffled."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.cache.rows import Positions

_BLOCKS, _THINNING, _SHUFFLING = range(3)


@dataclass(frozen=True)
class EpochSeed:
    """Where all chance of an epoch comes from; each draw has a generator of its own, so none has to come first."""

    seed: int
    epoch: int

    def block_order(self, num_blocks: int) -> NDArray[np.int64]:
        """All blocks, shuffled."""
        return self._random(_BLOCKS, 0).permutation(num_blocks)

    def thinning(self, block: int) -> np.random.Generator:
        """Decides which rows of a block are left out."""
        return self._random(_THINNING, block)

    def row_order(self, pool: "Pool") -> Positions:
        """All rows of a pool, shuffled."""
        return self._random(_SHUFFLING, pool.number).permutation(pool.num_rows)

    def _random(self, purpose: int, number: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(self.epoch, purpose, number)))


@dataclass(frozen=True)
class Pool:
    """Some random blocks whose rows are shuffled together.

    Attributes:
        number: of the pool in its epoch.
        start: rows of the epoch that come before it.
        blocks: in the order in which they lie in the pool.
        kept: of each block the rows that are in the pool; None where all are.
        num_rows: in it.
    """

    number: int
    start: int
    blocks: tuple[int, ...]
    kept: tuple[Positions | None, ...]
    num_rows: int


def pools(
    block_rows: Sequence[int],
    shuffle_rows: int,
    seed: EpochSeed,
    kept: Callable[[int], Positions | None],
) -> Iterator[Pool]:
    """The pools of an epoch: blocks in random order, as many as it takes to have `shuffle_rows` rows.

    Args:
        block_rows: rows of each block.
        shuffle_rows: of a pool at least; the last one takes what is left.
        seed: of the epoch.
        kept: tells which rows of a block stay, None for all; asked once a block.
    """
    number = start = 0
    blocks: list[int] = []
    chosen: list[Positions | None] = []
    num_rows = 0
    for block in seed.block_order(len(block_rows)).tolist():
        rows = kept(block)
        blocks.append(block)
        chosen.append(rows)
        num_rows += block_rows[block] if rows is None else len(rows)
        if num_rows >= shuffle_rows:
            yield Pool(number, start, tuple(blocks), tuple(chosen), num_rows)
            number, start, num_rows, blocks, chosen = number + 1, start + num_rows, 0, [], []
    if num_rows:
        yield Pool(number, start, tuple(blocks), tuple(chosen), num_rows)
