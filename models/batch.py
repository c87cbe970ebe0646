"""A batch as the network takes it."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class EncodedBatch:
    """Encoded features of some rows.

    Attributes:
        ids: rows of the packed table, int64 [batch, encoder.ids_width]: features, crosses, then lengths of lists.
        bags: rows of the packed table a list feature, int64 [batch, length], padded with PADDING.
        numerics: float32 [batch, encoder.numeric_width]: a value and a missing flag for each number (standardised, or a
            position among the pieces), then past rates.
    """

    ids: Tensor
    bags: dict[str, Tensor]
    numerics: Tensor

    def __len__(self) -> int:
        return self.ids.shape[0]

    def rows(self, index: Tensor) -> "EncodedBatch":
        """The rows at the index, in its order."""
        return EncodedBatch(
            self.ids[index], {name: bag[index] for name, bag in self.bags.items()}, self.numerics[index]
        )


@dataclass(frozen=True, slots=True)
class SplitBatch:
    """Encoded features of one context and of the candidates that share it.

    Attributes:
        context: one row of what comes from context features alone.
        candidates: everything else, a row a candidate; its ids, lists and numbers keep the encoder's order.
    """

    context: EncodedBatch
    candidates: EncodedBatch

    def __len__(self) -> int:
        return self.candidates.ids.shape[0]


def concatenate(batches: list[EncodedBatch], padding: int) -> EncodedBatch:
    """One batch of all rows, in order; lists are padded to the longest."""
    return EncodedBatch(
        torch.cat([batch.ids for batch in batches]),
        {name: _concatenate_bags([batch.bags[name] for batch in batches], padding) for name in batches[0].bags},
        torch.cat([batch.numerics for batch in batches]),
    )


def _concatenate_bags(bags: list[Tensor], padding: int) -> Tensor:
    length = max(bag.shape[1] for bag in bags)
    padded = [torch.nn.functional.pad(bag, (0, length - bag.shape[1]), value=padding) for bag in bags]
    return torch.cat(padded)
