"""Who pulls the shared representation, how hard, and whether two tasks pull against each other.

Measured where the tasks part, on the representation that the trunk computes for all of them, as Sener and Koltun do,
"Multi-Task Learning as Multi-Objective Optimization", NeurIPS 2018, https://arxiv.org/abs/1810.04650, section 3.3: a
gradient there costs a pass through the heads only. The cosine of two tasks' gradients as a sign of conflict is from
Yu et al., "Gradient Surgery for Multi-Task Learning", NeurIPS 2020, https://arxiv.org/abs/2001.06782, definition 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from math import sqrt
from typing import Any

from torch import Tensor

from training.objective import Objective
from training.weightings.pulls import pulls

DECAY = 0.9
"""Of what earlier readings showed: the last ten or so count. In one batch of a rare label there is often no positive at
all, and then its gradient has the size and direction of that accident (docs/telemetry.md)."""


Sums = tuple[float, ...]


@dataclass(frozen=True)
class BetweenTasks:
    """What the tasks' gradients look like to each other.

    Attributes:
        shares: by task, the norm of its weighted gradient as a share of the sum of all norms.
        cosines: by pair `a / b`, between -1 and 1.
        norm_ratios: by pair `a / b`, the norm of a's weighted gradient over that of b's.
    """

    shares: dict[str, float] = field(default_factory=dict)
    cosines: dict[str, float] = field(default_factory=dict)
    norm_ratios: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Gramian:
    """Inner products of the tasks' unweighted gradients in one batch, [tasks, tasks]."""

    tasks: tuple[str, ...]
    products: Tensor


def gramian(objective: Objective) -> Gramian | None:
    """The tasks' gradients against each other; None where fewer than two tasks have a loss.

    The objective's graph is kept, and no gradient of a parameter is touched.
    """
    if len(objective.losses) < 2:
        return None
    rows = pulls(objective)
    return Gramian(tuple(objective.losses), rows @ rows.T)


class Pooled:
    """Inner products added up over the readings, as if their batches were one large batch; old ones fade."""

    def __init__(self) -> None:
        self._squares: dict[str, Sums] = {}
        self._pairs: dict[str, Sums] = {}

    def compared(self, batch: Gramian, weights: Mapping[str, float]) -> BetweenTasks:
        """Take in a batch, and compare the tasks that it has.

        A task that pulls at nothing has a share of 0 and no cosine.

        Args:
            batch: its gradients.
            weights: by task, the factor of its loss in this step.
        """
        products = batch.products.tolist()
        pulled: dict[str, float] = {}
        for index, task in enumerate(batch.tasks):
            total, count = self._squares[task] = _faded(self._squares.get(task), (products[index][index], 1.0))
            pulled[task] = weights.get(task, 1.0) * sqrt(total / count)
        whole = sum(pulled.values())
        found = BetweenTasks({task: pull / whole for task, pull in pulled.items()} if whole > 0 else {})
        for (i, a), (j, b) in combinations(enumerate(batch.tasks), 2):
            pair = pair_name(a, b)
            new = (products[i][i], products[i][j], products[j][j])
            aa, ab, bb = self._pairs[pair] = _faded(self._pairs.get(pair), new)
            if aa > 0 and bb > 0:
                found.cosines[pair] = min(1.0, max(-1.0, ab / sqrt(aa) / sqrt(bb)))  # rounding may leave it outside
            if pulled[b] > 0:
                found.norm_ratios[pair] = pulled[a] / pulled[b]
        return found

    def state(self) -> dict[str, Any]:
        """The sums."""
        return {"squares": dict(self._squares), "pairs": dict(self._pairs)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        self._squares = {task: tuple(sums) for task, sums in state["squares"].items()}
        self._pairs = {pair: tuple(sums) for pair, sums in state["pairs"].items()}


def _faded(old: Sums | None, new: Sums) -> Sums:
    """Sums with a batch added, in which all that came before counts a little less."""
    return new if old is None else tuple(DECAY * before + now for before, now in zip(old, new, strict=True))


def pair_name(a: str, b: str) -> str:
    """How a pair of tasks is called; it reads as the ratio of the first to the second."""
    return f"{a} / {b}"
