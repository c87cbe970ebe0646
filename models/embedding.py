"""One packed embedding table for all features."""

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from models.batch import EncodedBatch
from models.encoder import PADDING, Encoder
from models.frozen import Frozen


class EmbeddingConfig(Frozen):
    """Width and start of the embeddings."""

    dim: int = Field(default=16, ge=1)
    """Width of every embedding."""
    initial_std: float = Field(default=0.05, gt=0)
    """Small against the inputs of a trained network, so that an id acts by its own evidence."""
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Dropout on the looked-up embeddings; large id tables overfit within an epoch (Zhang et al. 2022)."""


class Embedding(nn.Module):
    """Looks up ids and lists, and joins them with the standardised numbers.

    In training the distinct rows of a batch are gathered once and everything else works on them, so that the table's
    gradient is sparse, without repetitions, and as large as the batch is varied (benchmarks/embedding_gradient.py).
    """

    def __init__(self, config: EmbeddingConfig, encoder: Encoder) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(encoder.num_rows, config.dim) * config.initial_std)
        with torch.no_grad():
            self.table[PADDING] = 0.0
        self.poolings = {feature.name: feature.pooling for feature in encoder.bag_features}
        self.dropout = nn.Dropout(config.dropout)
        num_looked_up = len(encoder.id_features) + len(self.poolings)
        self.output_width = num_looked_up * config.dim + encoder.numeric_width

    def forward(self, batch: EncodedBatch) -> Tensor:
        """The network's input, [batch, output_width]: ids, then lists, then numbers."""
        if self.training:
            rows, batch = self._gathered(batch)
        else:
            rows = self.table
        looked_up = [functional.embedding(batch.ids, rows).flatten(1)]
        looked_up += [_pooled(batch.bags[name], rows, pooling) for name, pooling in self.poolings.items()]
        return torch.cat([self.dropout(torch.cat(looked_up, dim=1)), batch.numerics], dim=1)

    def _gathered(self, batch: EncodedBatch) -> tuple[Tensor, EncodedBatch]:
        """The distinct rows of the batch, [distinct, dim], and the batch with positions in them; PADDING stays 0."""
        parts = [torch.full((1,), PADDING), batch.ids.flatten(), *(bag.flatten() for bag in batch.bags.values())]
        distinct, positions = torch.unique(torch.cat(parts), return_inverse=True)
        _, ids, *bags = positions.split([len(part) for part in parts])
        reshaped = {name: bag.view_as(batch.bags[name]) for name, bag in zip(batch.bags, bags, strict=True)}
        gathered = functional.embedding(distinct, self.table, padding_idx=PADDING, sparse=True)
        return gathered, EncodedBatch(ids.view_as(batch.ids), reshaped, batch.numerics)


def _pooled(bag: Tensor, rows: Tensor, pooling: str) -> Tensor:
    """Pool a padded list, [batch, dim]; an empty list is all zeros."""
    return functional.embedding_bag(bag, rows, mode=pooling, padding_idx=PADDING)
