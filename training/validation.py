"""Looks at the validation window inside the epoch and knows which weights are the best so far."""

import math

import torch

from models.network import Network
from training.data.batches import TrainingBatch
from training.history import History, Validation
from training.objective import task_losses


class Validator:
    """Measures the loss of each task on encoded validation rows.

    A model is chosen by the mean over tasks of the loss in units of the base rate's loss: that is free of units, and
    unlike AUC it sees a loss of calibration.
    """

    def __init__(self, network: Network, rows: TrainingBatch, batch_size: int) -> None:
        self._network = network
        self._rows = rows
        self._batch_size = max(batch_size, 4_096)
        self._best = math.inf
        self.num_without_best = 0

    def validate(self, history: History) -> Validation:
        """The network's losses now."""
        losses = self._losses()
        score = sum(losses.values()) / len(losses) if losses else math.inf
        is_best = score < self._best or self._best == math.inf
        self._best = min(score, self._best)
        self.num_without_best = 0 if is_best else self.num_without_best + 1
        return Validation(history.num_steps, history.num_rows, losses, score, is_best)

    @torch.inference_mode()
    def _losses(self) -> dict[str, float]:
        self._network.eval()
        totals = dict.fromkeys(self._rows.labels, 0.0)
        counts = dict.fromkeys(self._rows.labels, 0)
        for index in torch.split(torch.arange(len(self._rows)), self._batch_size):
            batch = self._rows.rows(index)
            for name, loss in task_losses(self._network, self._network(batch.inputs), batch.labels).items():
                observed = int((~batch.labels[name].isnan()).sum())
                totals[name] += float(loss) * observed
                counts[name] += observed
        return {name: totals[name] / count for name, count in counts.items() if count}
