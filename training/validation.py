"""Looks at the validation window inside the epoch and knows which weights are the best so far."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from models.errors import DataError, TrainingError
from models.network import Network
from training.data.batches import TrainingBatch
from training.history import History, Validation
from training.objective import task_losses


class Validator:
    """Measures the loss of each task on encoded validation rows.

    A model is chosen by the mean over tasks of the loss in units of what always predicting the training window's base
    rate costs on the same rows: that is free of units, and unlike AUC it sees a loss of calibration.

    Raises:
        DataError: no task has a label in these rows, so there is nothing to choose a model by.
    """

    def __init__(self, network: Network, rows: TrainingBatch, batch_size: int) -> None:
        self._network = network
        self._rows = rows
        self._batch_size = max(batch_size, 4_096)
        self._best = math.inf
        self._base = self._base_losses()
        self.num_without_best = 0
        if not self._base:
            raise DataError(
                "a model is chosen by its losses in the validation window; found no row there in which any task's "
                "label counts: validate on a window whose labels have arrived (see [data.split])"
            )

    def validate(self, history: History) -> Validation:
        """The network's losses now."""
        losses = self._losses()
        score = sum(losses.values()) / len(losses)
        if not math.isfinite(score):
            raise TrainingError(
                f"losses are finite; in the validation after step {history.num_steps:,} they are {losses}: lower the "
                f"learning rates, or look for extreme values in the log"
            )
        is_best = score < self._best
        self._best = min(score, self._best)
        self.num_without_best = 0 if is_best else self.num_without_best + 1
        return Validation(history.num_steps, history.num_rows, losses, score, is_best)

    def state(self) -> dict[str, Any]:
        """The best score so far, and how many looks ago it was."""
        return {"best": self._best, "num_without_best": self.num_without_best}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        self._best, self.num_without_best = state["best"], state["num_without_best"]

    @torch.inference_mode()
    def _losses(self) -> dict[str, float]:
        self._network.eval()
        totals = dict.fromkeys(self._base, 0.0)
        for index in torch.split(torch.arange(len(self._rows)), self._batch_size):
            batch = self._rows.rows(index)
            for name, loss in self.losses_of(self._network, batch).items():
                if name in totals:
                    totals[name] += float(loss) * int((~batch.labels[name].isnan()).sum())
        counts = {name: int((~self._rows.labels[name].isnan()).sum()) for name in self._base}
        return {name: total / counts[name] / self._base[name] for name, total in totals.items()}

    def losses_of(self, network: Network, batch: TrainingBatch) -> dict[str, Tensor]:
        """By task with an observed row in the batch, its mean loss, a scalar."""
        return task_losses(network, network(batch.inputs), batch.labels)

    def _base_losses(self) -> dict[str, float]:
        """What the base rate costs, by task with an observed row: a head's output of zero predicts just that."""
        heads = {name: self._network.head(name) for name in self._network.graph.tasks}
        device = self._rows.inputs.ids.device
        nothing = {name: torch.zeros(len(self._rows), head.num_outputs, device=device) for name, head in heads.items()}
        losses = task_losses(self._network, nothing, self._rows.labels)
        return {name: float(loss) for name, loss in losses.items() if loss > 0}
