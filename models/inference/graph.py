"""The network as two graphs, from its input to calibrated predictions: of whole rows, and of a context and candidates.

The embedding table is in neither: it stays one tensor, and what is looked up in it is the graphs' input
(`models.inference.inputs`).
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.inference.answers import Answers
from models.inference.heads import Heads
from models.inference.reading import InputColumns, ReadingInParts
from models.inference.trunks import Twin, twin_of
from models.predictor import Predictor


class FullGraph(nn.Module):
    """From whole rows to predictions.

    Args:
        trunk: rewritten.
        heads: of all tasks.
        answers: from outputs to fields.
    """

    def __init__(self, trunk: Twin, heads: Heads, answers: Answers) -> None:
        super().__init__()
        self.readings = nn.ModuleList(trunk.readings)
        self.trunk, self.heads, self.answers = trunk, heads, answers

    def forward(self, x: Tensor, own: Tensor | None = None) -> Tensor:
        """Predictions, float32 [batch, fields].

        Args:
            x: what `Embedding` makes of the rows, [batch, width].
            own: which of its calibrations each row has, int64 [batch, tasks calibrated by a field]; None where there
                is no such task.
        """
        units = [reading(x) for reading in self.readings]
        found: Tensor = self.answers(self.heads(self.trunk(units, x if self.trunk.needs_rows else None)), own)
        return found


class SplitGraph(nn.Module):
    """From a context and its candidates to predictions of the candidates.

    Args:
        trunk: rewritten.
        heads: of all tasks.
        answers: from outputs to fields.
        columns: of the network's input, by part.
    """

    order: Tensor | None

    def __init__(self, trunk: Twin, heads: Heads, answers: Answers, columns: InputColumns) -> None:
        super().__init__()
        self.reading = ReadingInParts(trunk.readings, columns) if trunk.readings else None
        self.trunk, self.heads, self.answers = trunk, heads, answers
        order = torch.tensor([*columns.context, *columns.candidates]).argsort()
        self.register_buffer("order", order if trunk.needs_rows else None)

    def forward(self, c: Tensor, i: Tensor, own: Tensor | None = None) -> Tensor:
        """Predictions, float32 [batch, fields].

        Args:
            c: the context's columns of the network's input, [1, context width].
            i: the candidates' columns of it, [batch, candidate width].
            own: which of its calibrations each row has, as for the full graph.
        """
        units = [] if self.reading is None else self.reading(c, i)
        found: Tensor = self.answers(self.heads(self.trunk(units, self._rows(c, i))), own)
        return found

    def _rows(self, c: Tensor, i: Tensor) -> Tensor | None:
        """Whole rows of the network's input, [batch, width], where the trunk needs them."""
        if self.order is None:
            return None
        return torch.cat([c.expand(i.shape[0], -1), i], dim=1).index_select(1, self.order)


class Graphs(NamedTuple):
    """Both graphs of a predictor; they share all weights but those of the layers that read the input.

    Attributes:
        full: of whole rows.
        split: of a context and its candidates; None where one of them has no feature.
    """

    full: FullGraph
    split: SplitGraph | None


def graphs_of(predictor: Predictor, columns: InputColumns) -> Graphs:
    """The graphs; their weights are their own.

    Args:
        predictor: whose predictions they make.
        columns: of the network's input, by part (`GraphInputs.columns`).
    """
    network = predictor.network
    trunk = twin_of(network.shared)
    rest = (trunk, Heads(network), Answers(predictor))
    full = FullGraph(*rest).eval().requires_grad_(False)
    if not columns.context or not columns.candidates:
        return Graphs(full, None)
    return Graphs(full, SplitGraph(*rest, columns).eval().requires_grad_(False))
