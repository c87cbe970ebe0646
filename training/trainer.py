"""The training loop."""

import math
import time
from contextlib import nullcontext

import torch
from torch import Tensor

from models.network import Forward, Network
from training.averaging import RunningAverage
from training.best_weights import BestWeights
from training.config import TrainingConfig
from training.data.batches import BatchStream, TrainingBatch
from training.finite import refuse_gradients_not_finite, refuse_losses_not_finite
from training.history import History
from training.objective import Objective, in_unit, observed_shares, task_losses
from training.observers import Observer
from training.optimizers import SubnetOptimizers
from training.optimizers.groups import check_complete
from training.reset import reset_embeddings
from training.selection import Selection
from training.tally import Tally
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
        rows_per_epoch: rows of the training window that an epoch is expected to train on.
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
        self.average = RunningAverage(network, config.average_weights)
        self.validator = Validator(network, validation, config.batch_size)
        self.history = History()
        steps_per_epoch = math.ceil(rows_per_epoch / config.batch_size)
        self._validate_every = max(1, steps_per_epoch // config.validations_per_epoch)
        self._since_reading = Tally()

    def train(self) -> History:
        """Train until the epochs are over, the steps are used up, or nothing better is to be expected."""
        started = time.monotonic()
        with BestWeights(self.network) as best:
            selection = Selection(
                self.config,
                self.validator,
                self.history,
                self.progress,
                self._validate_every,
                best,
                self.average,
            )
            if not any(self._ends_in(epoch, selection) for epoch in range(self.config.max_epochs)):
                self.history.stopped_because = f"max_epochs = {self.config.max_epochs} done"
            selection.look_if_new()
            best.restore()
        if self._since_reading.num_steps:
            self._read()
        self.history.seconds = time.monotonic() - started
        return self.history

    def _ends_in(self, epoch: int, selection: Selection) -> bool:
        """Go through the training window once; True where the run ends in it."""
        if epoch > 0 and self.config.reset_embeddings == "each_epoch":
            reset_embeddings(self.network, self.optimizers, self.config.seed, epoch)
        for batch in self.stream.epoch(epoch):
            if self.config.max_steps is not None and self.history.num_steps >= self.config.max_steps:
                self.history.stopped_because = f"max_steps = {self.config.max_steps} reached"
                return True
            if selection.step(self.step(batch)):
                return True
        return selection.epoch()

    def step(self, batch: TrainingBatch) -> dict[str, Tensor]:
        """One step: forward, losses, gradients by the weighting, and each subnet moved by its own rate.

        Returns:
            By task with a row in the batch, its loss before the step, in units of the base rate's.

        Raises:
            TrainingError: a loss or a gradient is not finite; no weight was moved by this batch.
        """
        self.network.train()
        is_read = self.history.num_steps % self.config.telemetry_every == 0
        with self.telemetry.watching_forward() if is_read else nullcontext():
            forward = self._forward(batch)
            losses = task_losses(self.network, forward.outputs, batch.labels, batch.sampling)
        refuse_losses_not_finite(losses, self.history.num_steps, self.optimizers.learning_rates())
        self._since_reading.add(losses)
        if losses:
            self._move(batch, losses, forward.common, is_read)
        self.history.num_steps += 1
        self.history.num_rows += len(batch)
        if is_read:
            self._read()
            self._raise_alarms()
        self.progress.step(self.history)
        return {name: loss.detach() for name, loss in losses.items()}

    def _forward(self, batch: TrainingBatch) -> Forward:
        handing = self.teacher.handing(batch.labels, self.history.num_steps)
        return self.network.forward_in_parts(batch.inputs, handing)

    def _move(self, batch: TrainingBatch, losses: dict[str, Tensor], common: Tensor, is_read: bool) -> None:
        """From the losses of a batch, in units of the base rate's, to moved weights."""
        first = {name: loss.detach().clamp(min=SMALLEST_FIRST_LOSS) for name, loss in losses.items()}
        self.weighting.start(in_unit(self.network, first, self.config.loss_unit, batch.sampling))
        shares = observed_shares(self.network, batch.labels, batch.sampling)
        in_units = in_unit(self.network, losses, self.config.loss_unit, batch.sampling)
        objective = Objective(in_units, common, self.network, shares)
        self.optimizers.zero_grad()
        if is_read:
            self.telemetry.before_backward(objective)
        self.weighting.backward(objective)
        refuse_gradients_not_finite(self.optimizers, self.history.num_steps)
        if is_read:
            self.telemetry.before_step()
        self.optimizers.step()
        self.average.add()
        if is_read:
            self.telemetry.after_step()
        if self.weighting.looks_again:
            self._look_again(batch)

    def _look_again(self, batch: TrainingBatch) -> None:
        """Let the weighting see what the step did, and move by its own rate."""
        with torch.no_grad():
            losses = task_losses(self.network, self._forward(batch).outputs, batch.labels, batch.sampling)
        self.weighting.zero_grad()
        self.weighting.look_again(in_unit(self.network, losses, self.config.loss_unit, batch.sampling))
        self.optimizers.step_alone("weighting")

    def _read(self) -> None:
        means = {name: mean.value for name, mean in self._since_reading.means().items()}
        self._since_reading.clear()
        self.history.readings.append(self.telemetry.reading(self.history, means))

    def _raise_alarms(self) -> None:
        for alarm in self.telemetry.alarms(self.history.readings[-1]):
            self.history.alarms.append(alarm)
            self.progress.alarm(alarm)
