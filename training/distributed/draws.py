"""A table's first values, block by block: the very numbers that one process draws at once, without its memory."""

from collections.abc import Iterator

import torch
from torch import Tensor

LANES = 16
"""PyTorch draws normal numbers in groups of so many. Blocks of whole groups continue the same sequence; a smaller rest
would be drawn by other means (tests/training/distributed/test_draws.py)."""


def drawn_blocks(num_rows: int, dim: int, block_rows: int = 1 << 16) -> Iterator[tuple[int, Tensor]]:
    """First row and values, [rows, dim], of each block; together they are `torch.randn(num_rows, dim)`.

    Args:
        num_rows: of the table.
        dim: width of a row.
        block_rows: rows of a block, a multiple of 16; the last one may have up to 15 more.
    """
    assert block_rows % LANES == 0, "a block is whole groups of numbers"
    first = 0
    while first < num_rows:
        rest = num_rows - first
        rows = rest if rest < block_rows + LANES else block_rows
        yield first, torch.randn(rows, dim)
        first += rows
