"""The training loop."""

import math
import time
from collections.abc import Mapping
from contextlib import nullcontext

import torch
from torch import Tensor

from models.network import Forward, Network
from training.averaging import RunningAverage
from training.best_weights import BestWeights
from training.compute import Compute
from training.config import TrainingConfig
from training.data.batches import BatchStream, TrainingBatch
from training.finite import refuse_gradients_not_finite, refuse_losses_not_finite
from training.history import History
from training.objective import Objective, in_unit, observed_shares, task_losses
from training.observers import Observer
from training.optimizers import SubnetOptimizers
from training.optimizers.groups import check_complete
from training.reset import reset_embeddings
from training.resume.gathering import gathered
from training.resume.keeping import UNKEPT, Keeping
from training.selection import Selection
from training.tally import Tally
from training.teacher import Teacher
from training.telemetry import Telemetry
from training.validation import Validator
from training.waiting import waited_for

SMALLEST_FIRST_LOSS = 0.1
"""Losses start near 1, the base rate's. A far smaller first loss is the luck of a few rows, and would start its task
with a huge factor."""


class Trainer:
    """Trains a network and leaves it with the weights of its best validation.

    Args:
        config: how to train.
        network: trained in place, on the device where it is.
        stream: training batches.
        validation: encoded rows of the validation window.
        rows_per_epoch: rows of the training window that an epoch is expected to train on.
        progress: is told of every step.
        is_trained: whether the network is before the first step, so that it may be the best.
    """

    def __init__(
        self,
        config: TrainingConfig,
        network: Network,
        stream: BatchStream,
        validation: TrainingBatch,
        rows_per_epoch: int,
        progress: Observer,
        is_trained: bool = False,
    ) -> None:
        self.config = config
        self.network = network
        self.stream = stream
        self.progress = progress
        self.compute = Compute(network, config.precision)
        weighting = config.weighting.build({name: network.head(name) for name in network.graph.tasks})
        self.weighting = weighting.to(self.compute.device)
        subnets = {**network.subnets(), "weighting": self.weighting}
        check_complete(subnets, network, self.weighting)
        self.num_steps = config.num_steps(rows_per_epoch)
        self.optimizers = SubnetOptimizers(subnets, config.optimizers, self.num_steps)
        self.telemetry = Telemetry(network, self.weighting, self.optimizers, self.num_steps)
        self.teacher = Teacher(network)
        self.average = RunningAverage(network, config.average_weights)
        self.validator = Validator(network, self.compute.moved(validation), config.batch_size)
        self.history = History()
        steps_per_epoch = math.ceil(rows_per_epoch / config.batch_size)
        self._validate_every = max(1, steps_per_epoch // config.validations_per_epoch)
        self.since_reading = Tally()
        self._started = 0.0
        self._is_trained = is_trained

    def train(self, keeping: Keeping = UNKEPT) -> History:
        """Train until the epochs are over, the steps are used up, or nothing better is to be expected.

        Args:
            keeping: keeps states of the training while it runs, and knows where a killed one was.
        """
        with keeping.best_folder() as folder:
            best = BestWeights(self.network, folder)
            selection = Selection(
                self.config,
                self.validator,
                self.history,
                self.progress,
                self._validate_every,
                best,
                self.average,
            )
            keeping.begin(gathered(self, selection, best))
            if not self.history.stopped_because:
                self._go_on(selection, keeping)
                selection.look_if_new()
                if self.since_reading.num_steps:
                    self._read()
                self._count_seconds()
                keeping.end()
            best.put_back()
        return self.history

    def _go_on(self, selection: Selection, keeping: Keeping) -> None:
        """Train from where the history ends until it says why no further."""
        self._started = time.monotonic() - self.history.seconds
        if self._is_trained and not self.history.validations:
            selection.look()
        for epoch in range(len(self.history.epoch_ends), self.config.max_epochs):
            if self._ends_in(epoch, selection, keeping):
                return
        self.history.stopped_because = f"max_epochs = {self.config.max_epochs} done"

    def _ends_in(self, epoch: int, selection: Selection, keeping: Keeping) -> bool:
        """Go through the training window once, or through what is left of it; True where the run ends in it."""
        num_seen = self.history.batches_of_epoch
        if epoch > 0 and num_seen == 0 and self.config.reset_embeddings == "each_epoch":
            reset_embeddings(self.network, self.optimizers, self.config.seed, epoch)
        for batch in waited_for(self.stream.epoch(epoch, num_seen), self.history):
            if self.config.max_steps is not None and self.history.num_steps >= self.config.max_steps:
                self.history.stopped_because = f"max_steps = {self.config.max_steps} reached"
                return True
            if selection.step(self.step(batch)):
                return True
            self._count_seconds()
            keeping.step()
        return selection.epoch()

    def _count_seconds(self) -> None:
        self.history.seconds = time.monotonic() - self._started

    def step(self, batch: TrainingBatch) -> dict[str, Tensor]:
        """One step: forward, losses, gradients by the weighting, and each subnet moved by its own rate.

        Returns:
            By task with a row in the batch, its loss before the step, in units of the base rate's.

        Raises:
            TrainingError: a loss or a gradient is not finite; no weight was moved by this batch.
        """
        self.network.train()
        batch = self.compute.moved(batch)
        is_read = self.history.num_steps % self.config.telemetry_every == 0
        with self.telemetry.watching_forward() if is_read else nullcontext():
            forward = self._forward(batch, eagerly=is_read)
            losses = self.losses_of(forward.outputs, batch)
        refuse_losses_not_finite(losses, self.history.num_steps, self.optimizers.learning_rates())
        self.since_reading.add(losses)
        if losses:
            self._move(batch, losses, forward.common, is_read)
        self.history.num_steps += 1
        self.history.num_rows += self.rows_of(batch)
        if is_read:
            self._read()
            self._raise_alarms()
        self.progress.step(self.history)
        return {name: loss.detach() for name, loss in losses.items()}

    def _forward(self, batch: TrainingBatch, *, eagerly: bool) -> Forward:
        handing = self.teacher.handing(batch.labels, self.history.num_steps)
        return self.compute.forward(batch.inputs, handing, eagerly=eagerly)

    def _move(self, batch: TrainingBatch, losses: dict[str, Tensor], common: Tensor, is_read: bool) -> None:
        """From the losses of a batch, in units of the base rate's, to moved weights."""
        first = {name: loss.detach().clamp(min=SMALLEST_FIRST_LOSS) for name, loss in losses.items()}
        self.weighting.start(in_unit(self.network, first, self.config.loss_unit, batch.sampling))
        shares = self.shares_of(batch)
        in_units = in_unit(self.network, losses, self.config.loss_unit, batch.sampling)
        objective = Objective(in_units, common, self.network, shares)
        self.optimizers.zero_grad()
        if is_read:
            self.telemetry.before_backward(objective)
        self.weighting.backward(objective)
        self.complete_gradients()
        refuse_gradients_not_finite(self.optimizers, self.history.num_steps)
        if is_read:
            self.telemetry.before_step()
        self.move_weights()
        self.average.add()
        if is_read:
            self.telemetry.after_step()
        if self.weighting.looks_again:
            self._look_again(batch)

    def losses_of(self, outputs: Mapping[str, Tensor], batch: TrainingBatch) -> dict[str, Tensor]:
        """By task with a row in the batch, its mean loss, a scalar."""
        return task_losses(self.network, outputs, batch.labels, batch.sampling)

    def shares_of(self, batch: TrainingBatch) -> dict[str, float]:
        """By task, the share of the batch's rows that its loss is the mean of."""
        return observed_shares(self.network, batch.labels, batch.sampling)

    def rows_of(self, batch: TrainingBatch) -> int:
        """Rows that a step is made of."""
        return len(batch)

    def complete_gradients(self) -> None:
        """Gradients of this batch are in their parameters; others may have a part of them."""

    def move_weights(self) -> None:
        """Move every weight by its gradient."""
        self.optimizers.step()

    def _look_again(self, batch: TrainingBatch) -> None:
        """Let the weighting see what the step did, and move by its own rate."""
        with torch.no_grad():
            losses = self.losses_of(self._forward(batch, eagerly=True).outputs, batch)
        self.weighting.zero_grad()
        self.weighting.look_again(in_unit(self.network, losses, self.config.loss_unit, batch.sampling))
        self.optimizers.step_alone("weighting")

    def _read(self) -> None:
        means = {name: mean.value for name, mean in self.since_reading.means().items()}
        self.since_reading.clear()
        self.history.readings.append(self.telemetry.reading(self.history, means))

    def _raise_alarms(self) -> None:
        for alarm in self.telemetry.alarms(self.history.readings[-1]):
            self.history.alarms.append(alarm)
            self.progress.alarm(alarm)
