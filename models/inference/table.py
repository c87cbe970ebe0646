"""The packed table, as few rows are read from it."""

import torch
from torch import Tensor
from torch.nn import functional

from models.batch import EncodedBatch
from models.embedding import Embedding
from models.encoder import PADDING


class Table:
    """Reads the table where it lies. NumPy gathers rows in half of the time that PyTorch takes for so few of them.

    Rows that the table does not have are not looked for: the encoder makes none.
    """

    def __init__(self, embedding: Embedding) -> None:
        self._tensor = embedding.table.detach()
        self._rows = self._tensor.numpy()
        self.dim: int = self._tensor.shape[1]

    def ids(self, batch: EncodedBatch) -> Tensor:
        """Embeddings of the ids side by side, [rows, ids x dim]."""
        ids = batch.ids.numpy()
        return torch.from_numpy(self._rows.take(ids, axis=0, mode="clip").reshape(len(ids), ids.shape[1] * self.dim))

    def elements(self, bag: Tensor) -> Tensor:
        """Embeddings of each element of lists, [rows, length, dim]."""
        return torch.from_numpy(self._rows.take(bag.numpy(), axis=0, mode="clip"))

    def sums(self, bag: Tensor) -> Tensor:
        """Of the embeddings of each list, [rows, dim]; PADDING adds zero."""
        return functional.embedding_bag(bag, self._tensor, mode="sum")

    def means(self, bag: Tensor) -> Tensor:
        """Of the embeddings of each list, [rows, dim]; zero of an empty one."""
        return self.sums(bag) / (bag != PADDING).sum(dim=1, keepdim=True).clamp(min=1)
