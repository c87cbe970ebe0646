"""One packed embedding table for all features."""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from models.batch import EncodedBatch
from models.encoder import PADDING, Encoder
from models.frozen import Frozen
from models.inputs import DotProducts, IdDropout, Inputs, NumericActivation

LARGEST_MARKED = 16
"""Rows of the table to an id of the batch up to which marking is quicker than sorting (benchmarks/input_cost.py)."""


class EmbeddingConfig(Frozen):
    """Width and start of the embeddings."""

    dim: int = Field(default=16, ge=1)
    """Width of every embedding."""
    initial_std: float = Field(default=0.05, gt=0)
    """Small against the inputs of a trained network, so that an id acts by its own evidence."""
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Dropout on the looked-up embeddings; large id tables overfit within an epoch (Zhang et al. 2022)."""
    interactions: Literal["none", "dot"] = "none"
    """`dot` adds the dot products of all pairs of embeddings, which a perceptron has to see many rows to find."""
    numeric_activation: NumericActivation = "none"
    """What follows the linear layers of `piecewise_linear` numbers; without one, an embedding is a piecewise-linear
    function of its number."""


class Embedding(nn.Module):
    """Looks up ids and lists, and joins them with the numbers.

    In training the distinct rows of a batch are gathered once and everything else works on them, so that the table's
    gradient is sparse, without repetitions, and as large as the batch is varied (benchmarks/embedding_gradient.py).

    Its own parameter is the table, of the subnet `embeddings`; the dense weights are those of `inputs`.
    """

    def __init__(self, config: EmbeddingConfig, encoder: Encoder) -> None:
        super().__init__()
        self.initial_std = config.initial_std
        self.table = nn.Parameter(torch.randn(encoder.num_rows, config.dim) * config.initial_std)
        with torch.no_grad():
            self.table[PADDING] = 0.0
        self.poolings = {feature.name: feature.pooling for feature in encoder.bag_features}
        self.dropout = nn.Dropout(config.dropout)
        self.id_dropout = IdDropout(encoder)
        self.inputs = Inputs(encoder, config.dim, config.numeric_activation)
        num_looked_up = encoder.ids_width + len(self.poolings)
        self.interactions = DotProducts(num_looked_up) if config.interactions == "dot" else None
        num_products = 0 if self.interactions is None else self.interactions.output_width
        self.output_width = num_looked_up * config.dim + num_products + self.inputs.numbers_width

    def forward(self, batch: EncodedBatch) -> Tensor:
        """The network's input, [batch, output_width]: ids, then lists, then their dot products, then numbers."""
        if self.training:
            rows, batch = self._gathered(self.id_dropout(batch))
        else:
            rows = self.table
        ids = _looked_up(batch.ids, rows)
        pooled = [self._pooled(name, batch.bags[name], rows, ids) for name in self.poolings]
        looked_up = self.dropout(torch.cat([ids.flatten(1), *pooled], dim=1))
        products = [] if self.interactions is None else [self.interactions(looked_up)]
        return torch.cat([looked_up, *products, *self.inputs.numbers(batch.numerics)], dim=1)

    def subnets(self) -> dict[str, nn.Module]:
        """Its parts with an optimizer group of their own; `inputs` only where it has parameters."""
        table: dict[str, nn.Module] = {"embeddings": nn.ParameterList([self.table])}
        dense = nn.ModuleList([self.inputs, *([] if self.interactions is None else [self.interactions])])
        return table | ({"inputs": dense} if any(True for _ in dense.parameters()) else {})

    def _pooled(self, name: str, bag: Tensor, rows: Tensor, ids: Tensor) -> Tensor:
        """Pool a padded list, [batch, dim]; an empty list is all zeros."""
        pooling = self.poolings[name]
        if pooling != "attention":
            return functional.embedding_bag(bag, rows, mode=pooling, padding_idx=PADDING)
        return self.inputs.attended(name, _looked_up(bag, rows), bag != PADDING, ids)

    def _gathered(self, batch: EncodedBatch) -> tuple[Tensor, EncodedBatch]:
        """The distinct rows of the batch, [distinct, dim], and the batch with positions in them; PADDING stays 0."""
        parts = [torch.full((1,), PADDING), batch.ids.flatten(), *(bag.flatten() for bag in batch.bags.values())]
        distinct, positions = _distinct(torch.cat(parts), len(self.table))
        _, ids, *bags = torch.split(positions, [len(part) for part in parts])
        reshaped = {name: bag.view_as(batch.bags[name]) for name, bag in zip(batch.bags, bags, strict=True)}
        gathered = functional.embedding(distinct, self.table, padding_idx=PADDING, sparse=True)
        return gathered, EncodedBatch(ids.view_as(batch.ids), reshaped, batch.numerics)


def _looked_up(ids: Tensor, rows: Tensor) -> Tensor:
    """Rows by position, [..., dim]; with a gradient that takes less than half the time of `functional.embedding`'s."""
    return rows.index_select(0, ids.flatten()).view(*ids.shape, rows.shape[1])


def _distinct(ids: Tensor, num_rows: int) -> tuple[Tensor, Tensor]:
    """The distinct ids in ascending order, and where in them each id lies.

    Marking rows of the table is quicker than sorting ids, unless the table is far larger than the batch.
    """
    if num_rows > LARGEST_MARKED * len(ids):
        distinct, positions = torch.unique(ids, return_inverse=True)
        return distinct, positions
    is_held = torch.zeros(num_rows, dtype=torch.bool)
    is_held[ids] = True
    distinct = is_held.nonzero().squeeze(1)
    position_of = torch.empty(num_rows, dtype=torch.int64)
    position_of[distinct] = torch.arange(len(distinct))
    return distinct, position_of[ids]
