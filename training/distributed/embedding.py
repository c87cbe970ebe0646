"""The network's first layer with its table in shards."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.embedding import Embedding, EmbeddingConfig
from models.encoder import PADDING, Encoder
from models.lookup import Slots, compacted, looked_up, looked_up_by_touched_rows, touched
from training.distributed.draws import drawn_blocks
from training.distributed.table import ShardedTable


@dataclass(frozen=True)
class _Fetched:
    """Rows on their way: as they came, [rows, dim], and as the network took them, where their gradient gathers."""

    came: Tensor
    taken: Tensor


class ShardedEmbedding(Embedding):
    """Fetches the distinct rows of a batch from the processes that hold them.

    Its `table` is this process's shard. The network works on a copy of the fetched rows; their gradient goes back to
    the holders only by `move`, when the step is known to be sound.

    Args:
        config: of the layer.
        encoder: gives the size of the whole table.
        eps: of row-wise AdaGrad.
        device: of the shard.
    """

    def __init__(self, config: EmbeddingConfig, encoder: Encoder, eps: float, device: torch.device) -> None:
        self._eps, self._device = eps, device
        self._fetched: _Fetched | None = None
        super().__init__(config, encoder)

    def drawn(self, num_rows: int, dim: int) -> nn.Parameter:
        """The shard, [places, dim], with the values that its rows have in one process."""
        with torch.random.fork_rng(devices=[]):  # TorchRec draws too
            self.sharded = ShardedTable(num_rows, dim, self._eps, self._device)
        shard, first = self.sharded.shard, self.sharded.first_place
        for first_row, block in drawn_blocks(num_rows, dim):
            values = block * self.initial_std
            if first_row <= PADDING < first_row + len(block):
                values[PADDING - first_row] = 0.0
            places = self.sharded.placement.places(torch.arange(first_row, first_row + len(block))) - first
            is_own = (places >= 0) & (places < len(shard))
            shard[places[is_own].to(shard.device)] = values[is_own].to(shard.device)
        return nn.Parameter(shard, requires_grad=False)

    def found(self, slots: Slots) -> Tensor:
        """What is looked up in the table, [batch, slots, dim]: no process holds a whole one to look into."""
        distinct, slots = compacted(slots)
        rows = self.fetched(distinct)
        return looked_up_by_touched_rows(rows, slots) if rows.requires_grad else looked_up(rows, slots)

    def fetched(self, distinct: Tensor) -> Tensor:
        """Rows of the table, [distinct, dim], from all processes; all of them call it together."""
        came = self.sharded.fetch(distinct)
        if not (self.training and torch.is_grad_enabled()):
            return came.detach()
        taken = came.detach().requires_grad_()
        self._fetched = _Fetched(came, taken)
        return taken

    @property
    def is_sound(self) -> bool:
        """Whether the gradient of the rows that this process fetched is finite."""
        gradient = None if self._fetched is None else self._fetched.taken.grad
        return gradient is None or bool(torch.isfinite(gradient._values()).all())

    def move(self) -> None:
        """Send the fetched rows' gradient to their holders, who move them; all processes call it together."""
        assert self._fetched is not None, "rows are fetched before they are moved"
        came, taken = self._fetched.came, self._fetched.taken
        gradient = torch.zeros_like(came)
        if taken.grad is not None:
            gradient.index_copy_(0, *touched(taken.grad))
        self._fetched = None
        torch.autograd.backward(came, gradient)
