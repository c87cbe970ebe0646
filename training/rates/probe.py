"""Looks at the same rows again and again: the losses of two runs on them differ by the runs alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from models.network import Network
from training.data.batches import TrainingBatch
from training.objective import task_losses
from training.telemetry.dead_units import DeadUnits

EVALUATED_TOGETHER = 4_096


@dataclass(frozen=True)
class Look:
    """What a look saw.

    Attributes:
        losses: by task, in units of the base rate's loss.
        dead_unit_shares: by subnet with hidden units, the share that is zero for every row.
    """

    losses: dict[str, float]
    dead_unit_shares: dict[str, float]

    @property
    def is_finite(self) -> bool:
        """Whether every loss is a number."""
        return all(math.isfinite(loss) for loss in self.losses.values())


class Probe:
    """Rows of the validation window that no run trains on, and what a network makes of them."""

    def __init__(self, rows: TrainingBatch) -> None:
        self._rows = rows
        self._counts = {name: int((~label.isnan()).sum()) for name, label in rows.labels.items()}
        self.tasks = [name for name, count in self._counts.items() if count]

    def __len__(self) -> int:
        return len(self._rows)

    @torch.inference_mode()
    def look(self, network: Network) -> Look:
        """Losses and dead units of the network as it is."""
        network.eval()
        totals = dict.fromkeys(self.tasks, 0.0)
        dead: dict[str, float] = {}
        units = DeadUnits(network.subnets())
        for index in torch.split(torch.arange(len(self._rows)), EVALUATED_TOGETHER):
            batch = self._rows.rows(index)
            with units.watching():
                outputs = network(batch.inputs)
            for name, loss in task_losses(network, outputs, batch.labels).items():
                totals[name] += float(loss) * int((~batch.labels[name].isnan()).sum())
            for name, share in units.shares().items():
                dead[name] = min(share, dead.get(name, 1.0))
        return Look({name: total / self._counts[name] for name, total in totals.items()}, dead)


def relative_loss(look: Look, start: Look, tasks: Sequence[str]) -> float:
    """Mean over the tasks of the loss as a share of the loss at the start; below 1 something was learned."""
    return sum(look.losses[task] / start.losses[task] for task in tasks) / len(tasks)
