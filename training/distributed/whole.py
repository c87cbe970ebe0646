"""From shards back to one table, in the first process, block by block."""

import torch
import torch.distributed as dist
from torch import Tensor, nn

from models.embedding import Embedding, EmbeddingConfig
from models.encoder import Encoder
from training.distributed.table import ShardedTable
from training.distributed.world import World

BLOCK_ROWS = 1 << 18


def whole_table(sharded: ShardedTable, world: World, block_rows: int = BLOCK_ROWS) -> Tensor | None:
    """The table as one process would hold it, [rows, dim], in the first process; None in the others.

    All processes call it together. Beside the table no process holds more than a block.
    """
    if not world.is_first:
        for block in torch.split(sharded.shard, block_rows):
            dist.send(block.contiguous(), dst=0)
        return None
    table = torch.empty(sharded.num_rows, sharded.dim)
    place = 0
    for rank, places in enumerate(_places_by_rank(sharded, world)):
        for first in range(0, places, block_rows):
            size = min(block_rows, places - first)
            block = sharded.shard[first : first + size] if rank == 0 else _received(size, sharded, rank)
            rows = sharded.placement.rows(torch.arange(place + first, place + first + size))
            table[rows] = block.cpu()
        place += places
    return table


def _places_by_rank(sharded: ShardedTable, world: World) -> list[int]:
    """How many places each process holds."""
    ahead = -(-sharded.num_rows // world.size)
    return [max(0, min(ahead, sharded.num_rows - rank * ahead)) for rank in range(world.size)]


def _received(size: int, sharded: ShardedTable, rank: int) -> Tensor:
    block = torch.empty(size, sharded.dim, device=sharded.device)
    dist.recv(block, src=rank)
    return block


class WholeEmbedding(Embedding):
    """A first layer that is given its table, in place of drawing one."""

    def __init__(self, config: EmbeddingConfig, encoder: Encoder, table: Tensor) -> None:
        self._given = table
        super().__init__(config, encoder)

    def drawn(self, num_rows: int, dim: int) -> nn.Parameter:
        """The table that it was given, [num_rows, dim]."""
        assert self._given.shape == (num_rows, dim), "the table is of another encoder"
        return nn.Parameter(self._given)
