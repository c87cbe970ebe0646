"""From encoded rows to what a graph reads: one lookup in the table for each part, and the dense weights beside it."""

from collections.abc import Sequence

import torch
from torch import Tensor

from models.batch import EncodedBatch, SplitBatch
from models.embedding import joined
from models.inference.lists import Lists
from models.inference.numbers import NumbersOfPart
from models.inference.own import OwnCalibrations
from models.inference.parts import Parts
from models.inference.products import ProductsInParts
from models.inference.reading import InputColumns
from models.inference.table import Table
from models.predictor import Predictor


class GraphInputs:
    """Makes the inputs of the graphs. It reads the table, which may be mapped from a file, and never copies it.

    Attributes:
        columns: of the network's input, by part.
    """

    def __init__(self, predictor: Predictor) -> None:
        encoder, self._embedding = predictor.encoder, predictor.network.embeddings
        parts = Parts.of(encoder)
        self._own = OwnCalibrations(predictor)
        self._table = Table(self._embedding)
        self._lists = Lists(self._embedding, self._table, parts)
        self._numbers = [
            NumbersOfPart(self._embedding.inputs, held) for held in (parts.context_numerics, parts.candidate_numerics)
        ]
        sides = [position in parts.context_ids for position in range(encoder.ids_width)]
        sides += [self._lists.is_of_context[name] for name in self._embedding.poolings]
        products = self._embedding.interactions
        self._products = None if products is None else ProductsInParts(products, sides)
        self.columns = self._columns(sides, self._table.dim)
        self._is_plain = self._embedding.output_width == encoder.ids_width * self._table.dim

    @torch.inference_mode()
    def whole(self, batch: EncodedBatch) -> tuple[Tensor, ...]:
        """Inputs of the full graph: x [rows, width], and where a task is calibrated by a field, each row's own."""
        x = self._table.ids(batch) if self._is_plain else self._embedding(batch)
        return (x, *self._own.of_rows(batch))

    @torch.inference_mode()
    def parted(self, batch: SplitBatch) -> tuple[Tensor, ...]:
        """Inputs of the split graph: c [1, context width], i [rows, candidate width], and calibrations as above."""
        context, candidates = self._embedded(batch)
        of_context, of_candidates = [context], [candidates]
        if self._products is not None:
            dim = self._table.dim
            within, beyond = self._products(context.view(1, -1, dim), candidates.view(len(candidates), -1, dim))
            of_context.append(within)
            of_candidates.append(beyond)
        of_context += self._numbers[0](batch.context.numerics)
        of_candidates += self._numbers[1](batch.candidates.numerics)
        return joined(of_context), joined(of_candidates), *self._own.of_parts(batch)

    def _embedded(self, batch: SplitBatch) -> tuple[Tensor, Tensor]:
        """Embeddings side by side, of the context and of each candidate."""
        context, candidates = self._table.ids(batch.context), self._table.ids(batch.candidates)
        if not self._lists.is_of_context:
            return context, candidates
        of_context, of_candidates = self._lists.pooled(batch, (context, candidates))
        return joined([context, *of_context]), joined([candidates, *of_candidates])

    def _columns(self, sides: Sequence[bool], dim: int) -> InputColumns:
        width = self._embedding.output_width
        context = [n * dim + unit for n, of_context in enumerate(sides) if of_context for unit in range(dim)]
        start = len(sides) * dim
        if self._products is not None:
            context += [start + pair for pair in self._products.context]
            start += len(self._products.context) + len(self._products.candidates)
        context += [start + column for column in self._numbers[0].columns]
        held = set(context)
        return InputColumns(tuple(context), tuple(column for column in range(width) if column not in held))
