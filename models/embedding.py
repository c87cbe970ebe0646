"""One packed embedding table for all features."""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from models.batch import EncodedBatch
from models.encoder import PADDING, Encoder
from models.frozen import Frozen
from models.inputs import DotProducts, IdDropout, Inputs, NumericActivation
from models.lookup import Slots, looked_up, looked_up_by_touched_rows


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

    One lookup serves all of a batch. In training the table's gradient is sparse and holds each touched row once, so
    that it is as large as the batch is varied (models/lookup.py).

    Its own parameter is the table, of the subnet `embeddings`; the dense weights are those of `inputs`.
    """

    def __init__(self, config: EmbeddingConfig, encoder: Encoder) -> None:
        super().__init__()
        self.initial_std = config.initial_std
        self.num_rows = encoder.num_rows
        self.table = self.drawn(encoder.num_rows, config.dim)
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
            batch = self.id_dropout(batch)
        embeddings = self.dropout(self._embedded(batch))
        products = [] if self.interactions is None else [self.interactions(embeddings)]
        return joined([embeddings, *products, *self.inputs.numbers(batch.numerics)])

    def drawn(self, num_rows: int, dim: int) -> nn.Parameter:
        """The table's first values, [num_rows, dim]; PADDING is zero."""
        values = torch.randn(num_rows, dim) * self.initial_std
        values[PADDING] = 0.0
        return nn.Parameter(values)

    def found(self, slots: Slots) -> Tensor:
        """What is looked up in the table, [batch, slots, dim]."""
        return looked_up_by_touched_rows(self.table, slots) if self.training else looked_up(self.table, slots)

    def subnets(self) -> dict[str, nn.Module]:
        """Its parts with an optimizer group of their own; `inputs` only where it has parameters."""
        table: dict[str, nn.Module] = {"embeddings": nn.ParameterList([self.table])}
        dense = nn.ModuleList([self.inputs, *([] if self.interactions is None else [self.interactions])])
        return table | ({"inputs": dense} if any(True for _ in dense.parameters()) else {})

    def _embedded(self, batch: EncodedBatch) -> Tensor:
        """Ids, then lists, [batch, (ids + lists) x dim]. A list is looked up as one sum, or apart for attention."""
        if not self.poolings:
            return self.found(Slots(batch.ids)).flatten(1)
        bags = {name: batch.bags[name] for name in self.poolings}
        widths = [[1] * batch.ids.shape[1]]
        for name, bag in bags.items():
            length = bag.shape[1]
            widths.append([1] * length if self.poolings[name] == "attention" else [length])
        rows = torch.cat([batch.ids, *bags.values()], dim=1)
        found = self.found(Slots(rows, [width for part in widths for width in part], self._weights(batch)))
        if "attention" not in self.poolings.values():
            return found.flatten(1)
        ids, *lists = torch.split(found, [len(part) for part in widths], dim=1)
        pooled = [self._pooled(name, bags[name], part, ids) for name, part in zip(bags, lists, strict=True)]
        return joined([ids.flatten(1), *pooled])

    def _weights(self, batch: EncodedBatch) -> Tensor | None:
        """What each looked-up row counts, [batch, columns]: in a mean, one over the length of the list."""
        if "mean" not in self.poolings.values():
            return None
        weights = [torch.ones(batch.ids.shape, device=batch.ids.device)]
        for name, pooling in self.poolings.items():
            bag = batch.bags[name]
            length = (bag != PADDING).sum(dim=1, keepdim=True) if pooling == "mean" else torch.ones_like(bag[:, :1])
            weights.append(length.clamp(min=1).float().reciprocal().expand(bag.shape))
        return torch.cat(weights, dim=1)

    def _pooled(self, name: str, bag: Tensor, found: Tensor, ids: Tensor) -> Tensor:
        """A list as one embedding, [batch, dim]; an empty list is all zeros."""
        if self.poolings[name] != "attention":
            return found.squeeze(1)
        return self.inputs.attended(name, found, bag != PADDING, ids[:, self.inputs.targets[name]])


def joined(parts: list[Tensor]) -> Tensor:
    """Side by side, [batch, width]; what is alone, or beside nothing, is not copied."""
    held = [part for part in parts if part.shape[1]] or parts[:1]
    return held[0] if len(held) == 1 else torch.cat(held, dim=1)
