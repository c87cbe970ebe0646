"""The training loop."""

import math
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from models.atomic import whole_file
from models.network import Forward, Network
from training.config import TrainingConfig
from training.data.batches import BatchStream, TrainingBatch
from training.finite import refuse_gradients_not_finite, refuse_losses_not_finite
from training.history import History
from training.objective import Objective, in_unit, observed_shares, task_losses
from training.observers import Observer
from training.optimizers import SubnetOptimizers
from training.optimizers.groups import check_complete
from training.teacher import Teacher
from training.telemetry import Telemetry
from training.validation import Validator

SMALLEST_FIRST_LOSS = 0.1
"""Losses start near 1, the base rate's. A far smaller first loss is the luck of a few rows, and would start its task
with a huge factor."""


class Trainer:
    """Trains a network and leaves it with the weights of its best validation.

    Args:
        config: how to train.
        network: trained in place.
        stream: training batches.
        validation: encoded rows of the validation window.
        rows_per_epoch: rows of the training window.
        progress: is told of every step.
    """

    def __init__(
        self,
        config: TrainingConfig,
        network: Network,
        stream: BatchStream,
        validation: TrainingBatch,
        rows_per_epoch: int,
        progress: Observer,
    ) -> None:
        self.config = config
        self.network = network
        self.stream = stream
        self.progress = progress
        self.weighting = config.weighting.build({name: network.head(name) for name in network.graph.tasks})
        subnets = {**network.subnets(), "weighting": self.weighting}
        check_complete(subnets, network, self.weighting)
        num_steps = config.num_steps(rows_per_epoch)
        self.optimizers = SubnetOptimizers(subnets, config.optimizers, num_steps)
        self.telemetry = Telemetry(network, self.weighting, self.optimizers, num_steps)
        self.teacher = Teacher(network)
        self.validator = Validator(network, validation, config.batch_size)
        self.history = History()
        steps_per_epoch = math.ceil(rows_per_epoch / config.batch_size)
        self._validate_every = max(1, steps_per_epoch // config.validations_per_epoch)
        self._since_reading: list[dict[str, Tensor]] = []

    def train(self) -> History:
        """Train until the epochs are over, the steps are used up or patience is at its end."""
        started = time.monotonic()
        with TemporaryDirectory(prefix="threefold-") as folder:
            best = Path(folder) / "best.safetensors"
            for batch in self._batches():
                self.step(batch)
                if self.history.num_steps % self._validate_every == 0 and self._validated(best):
                    break
            if self.history.num_steps % self._validate_every:
                self._validated(best)
            self.network.load_state_dict(load_file(best))
        if self._since_reading:
            self._read()
        self.history.seconds = time.monotonic() - started
        return self.history

    def step(self, batch: TrainingBatch) -> None:
        """One step: forward, losses, gradients by the weighting, and each subnet moved by its own rate.

        Raises:
            TrainingError: a loss or a gradient is not finite; no weight was moved by this batch.
        """
        self.network.train()
        is_read = self.history.num_steps % self.config.telemetry_every == 0
        with self.telemetry.watching_forward() if is_read else nullcontext():
            forward = self._forward(batch)
            losses = task_losses(self.network, forward.outputs, batch.labels)
        refuse_losses_not_finite(losses, self.history.num_steps, self.optimizers.learning_rates())
        self._since_reading.append({name: loss.detach() for name, loss in losses.items()})
        if losses:
            self._move(batch, losses, forward.common, is_read)
        self.history.num_steps += 1
        self.history.num_rows += len(batch)
        if is_read:
            self._read()
            self._raise_alarms()
        self.progress.step(self.history)

    def _forward(self, batch: TrainingBatch) -> Forward:
        handing = self.teacher.handing(batch.labels, self.history.num_steps)
        return self.network.forward_in_parts(batch.inputs, handing)

    def _move(self, batch: TrainingBatch, losses: dict[str, Tensor], common: Tensor, is_read: bool) -> None:
        """From the losses of a batch, in units of the base rate's, to moved weights."""
        first = {name: loss.detach().clamp(min=SMALLEST_FIRST_LOSS) for name, loss in losses.items()}
        self.weighting.start(in_unit(self.network, first, self.config.loss_unit))
        shares = observed_shares(self.network, batch.labels)
        objective = Objective(in_unit(self.network, losses, self.config.loss_unit), common, self.network, shares)
        self.optimizers.zero_grad()
        if is_read:
            self.telemetry.before_backward(objective)
        self.weighting.backward(objective)
        refuse_gradients_not_finite(self.optimizers, self.history.num_steps)
        if is_read:
            self.telemetry.before_step()
        self.optimizers.step()
        if is_read:
            self.telemetry.after_step()
        if self.weighting.looks_again:
            self._look_again(batch)

    def _look_again(self, batch: TrainingBatch) -> None:
        """Let the weighting see what the step did, and move by its own rate."""
        with torch.no_grad():
            losses = task_losses(self.network, self._forward(batch).outputs, batch.labels)
        self.weighting.zero_grad()
        self.weighting.look_again(in_unit(self.network, losses, self.config.loss_unit))
        self.optimizers.step_alone("weighting")

    def _batches(self) -> Iterator[TrainingBatch]:
        for epoch in range(self.config.max_epochs):
            for batch in self.stream.epoch(epoch):
                if self.config.max_steps is not None and self.history.num_steps >= self.config.max_steps:
                    self.history.stopped_because = f"max_steps = {self.config.max_steps} reached"
                    return
                yield batch
        self.history.stopped_because = f"max_epochs = {self.config.max_epochs} done"

    def _validated(self, best: Path) -> bool:
        """Validate, keep the weights if they are the best so far, and say whether patience is at its end."""
        result = self.validator.validate(self.history)
        self.history.validations.append(result)
        self.progress.validation(result)
        if result.is_best:
            with whole_file(best) as beside:
                save_file({name: t.contiguous() for name, t in self.network.state_dict().items()}, beside)
        if self.validator.num_without_best < self.config.patience:
            return False
        self.history.stopped_because = f"no new best in {self.config.patience} validations"
        return True

    def _read(self) -> None:
        totals: dict[str, list[float]] = {}
        for losses in self._since_reading:
            for name, loss in losses.items():
                totals.setdefault(name, []).append(float(loss))
        self._since_reading = []
        means = {name: sum(values) / len(values) for name, values in totals.items()}
        self.history.readings.append(self.telemetry.reading(self.history, means))

    def _raise_alarms(self) -> None:
        for alarm in self.telemetry.alarms(self.history.readings[-1]):
            self.history.alarms.append(alarm)
            self.progress.alarm(alarm)
