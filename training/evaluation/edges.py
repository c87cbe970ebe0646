"""What a trained reader makes of an estimate: its loss with the estimate of another row, less its loss as it is.

Permutation importance: Breiman, "Random Forests", Machine Learning 2001, https://doi.org/10.1023/A:1010933404324,
section 10; as a difference of two expected losses: Fisher, Rudin, Dominici, "All Models are Wrong, but Many are
Useful", JMLR 2019, https://arxiv.org/abs/1801.01489, equation 3.

Taken alone it misleads here. A reader shares a trunk with the task that it reads, so its own representation is full of
what that task has learned, and it uses the estimate also to cancel what of this it does not want. A foreign estimate
then costs loss even where the two tasks have nothing in common (docs/results.md shows it): Hooker, Mentch, Zhou,
"Unrestricted Permutation Forces Extrapolation", Statistics and Computing 2021, https://arxiv.org/abs/1905.03151. So two
numbers are taken, and the second one decides:

- `scrambled`: the whole estimate is another row's.
- `told`: a row keeps what a fit foresees of its estimate from all else that the reader gets, and only the rest is
  another row's: Chamma, Engemann, Thirion, "Statistically Valid Variable Importance Assessment through Conditional
  Permutations", NeurIPS 2023, https://arxiv.org/abs/2309.07593. It is what the reader has from being told.

Both measure the reader as it was trained. What one would lose that was trained without the edge is another question:
`threefold compare` answers it in its row "unchained".
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from models.heads.base import HandedOn
from models.network import Network
from training.data.batches import TrainingBatch
from training.evaluation.influence import mean_difference
from training.evaluation.interval import Interval
from training.evaluation.scrambler import Scrambler

MAX_ROWS = 32_768
"""More rows than these would only make a narrow interval narrower."""
MIN_ROWS = 200
"""With fewer, a fit foresees nearly everything and no interval deserves trust."""
BATCH_ROWS = 16_384
SEED = 0

Verdict = Literal["used", "no use shown", "too few rows"]


@dataclass(frozen=True)
class EdgeUse:
    """What a reader loses on validation rows without the estimate that it reads.

    Losses are before calibration, in units of what the base rate costs on the same rows; None where there are too few.

    Attributes:
        reader: the task that reads.
        read: the task that is read.
        hands_on: what crosses the edge.
        num_rows: rows in which the reader's label counts, of those measured.
        loss: the reader's, as it is.
        foreseen: share of the estimate's variance that a fit foresees from all else that the reader gets.
        scrambled: what the loss gains with the estimate of another row, and its 95% interval.
        told: the same where only what is not foreseen is another row's.
    """

    reader: str
    read: str
    hands_on: HandedOn
    num_rows: int
    loss: float | None = None
    foreseen: float | None = None
    scrambled: Interval | None = None
    told: Interval | None = None

    @property
    def verdict(self) -> Verdict:
        """Used only where the reader loses what it is told and could not foresee: the whole interval above zero."""
        if self.told is None:
            return "too few rows"
        return "used" if self.told.low > 0 else "no use shown"

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary."""
        return {**asdict(self), "verdict": self.verdict}


@torch.inference_mode()
def edge_uses(network: Network, rows: TrainingBatch) -> list[EdgeUse]:
    """Every edge of the graph, measured on encoded rows that no weight was fitted on."""
    network.eval()
    found: list[EdgeUse] = []
    for name, task in network.graph.tasks.items():
        if task.reads:
            found += _of_reader(network, name, _observed(rows, name))
    return found


def _of_reader(network: Network, reader: str, rows: TrainingBatch) -> list[EdgeUse]:
    edges, num_rows = network.graph.tasks[reader].reads, len(rows)
    if num_rows < MIN_ROWS or (base := _base_loss(network, reader, rows.labels[reader])) <= 0:
        return [EdgeUse(reader, edge.task, edge.hands_on, num_rows) for edge in edges]
    batches = [
        Scrambler(network, reader, rows.rows(index))
        for index in torch.tensor_split(torch.arange(num_rows), -(-num_rows // BATCH_ROWS))
    ]
    loss = float(torch.cat([batch.as_is for batch in batches]).mean()) / base
    found = []
    for edge in edges:
        parts = [batch.without(edge) for batch in batches]
        scrambled, told = (
            mean_difference(
                torch.cat([getattr(part, way).received for part in parts]) / base,
                torch.cat([getattr(part, way).given for part in parts]) / base,
            )
            for way in ("scrambled", "told")
        )
        foreseen = sum(part.foreseen * len(batch.as_is) for part, batch in zip(parts, batches, strict=True)) / num_rows
        found.append(EdgeUse(reader, edge.task, edge.hands_on, num_rows, loss, foreseen, scrambled, told))
    return found


def _base_loss(network: Network, task: str, label: Tensor) -> float:
    """What the base rate costs: a head's output of zero predicts just that."""
    head = network.head(task)
    return float(head.loss(torch.zeros(len(label), head.num_outputs), label).mean())


def _observed(rows: TrainingBatch, task: str) -> TrainingBatch:
    """Rows in which the task's label counts, at most MAX_ROWS, in random order."""
    index = torch.nonzero(~rows.labels[task].isnan())[:, 0]
    order = torch.randperm(len(index), generator=torch.Generator().manual_seed(SEED))[:MAX_ROWS]
    return rows.rows(index[order])
