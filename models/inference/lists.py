"""Lists pooled part by part: those of the context once, unless attention looks at them from each candidate."""

from torch import Tensor

from models.batch import SplitBatch
from models.embedding import Embedding
from models.encoder import PADDING
from models.inference.parts import Parts
from models.inference.table import Table

CONTEXT, CANDIDATES = 0, 1


class Lists:
    """Pools the lists of both parts.

    Attributes:
        is_of_context: by list, whether what it is pooled to is the same for all candidates.
    """

    def __init__(self, embedding: Embedding, table: Table, parts: Parts) -> None:
        self._attended, self._table = embedding.inputs.attended, table
        self._poolings = embedding.poolings
        self._of_context = set(parts.context_bags)
        self._targets = {
            name: (CONTEXT, parts.context_ids.index(column))
            if column in parts.context_ids
            else (CANDIDATES, parts.candidate_ids.index(column))
            for name, column in embedding.inputs.targets.items()
        }
        self.is_of_context = {
            name: name in self._of_context and self._targets.get(name, (CONTEXT, 0))[0] == CONTEXT
            for name in self._poolings
        }

    def pooled(self, batch: SplitBatch, ids: tuple[Tensor, Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """The lists of each part, [rows, dim] each, in the encoder's order.

        Args:
            batch: whose lists these are.
            ids: embeddings of each part's ids, [rows, ids x dim].
        """
        pooled: tuple[list[Tensor], list[Tensor]] = ([], [])
        for name, pooling in self._poolings.items():
            part = CONTEXT if self.is_of_context[name] else CANDIDATES
            bag = (batch.context if name in self._of_context else batch.candidates).bags[name]
            if pooling == "attention":
                pooled[part].append(self._looked_at(name, bag, ids, num_rows=1 if part == CONTEXT else len(batch)))
            else:
                pooled[part].append(self._table.means(bag) if pooling == "mean" else self._table.sums(bag))
        return pooled

    def _looked_at(self, name: str, bag: Tensor, ids: tuple[Tensor, Tensor], num_rows: int) -> Tensor:
        """A list pooled by attention, [num_rows, dim]; list or target may have one row for all."""
        part, column = self._targets[name]
        target = ids[part].view(len(ids[part]), -1, self._table.dim)[:, column].expand(num_rows, -1)
        history = self._table.elements(bag).expand(num_rows, -1, -1)
        return self._attended(name, history, (bag != PADDING).expand(num_rows, -1), target)
