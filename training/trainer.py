"""The training loop."""

import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from models.atomic import whole_file
from models.errors import TrainingError
from models.network import Network
from training.config import TrainingConfig
from training.data.batches import BatchStream, TrainingBatch
from training.history import History, Reading
from training.objective import task_losses
from training.optimizers import SubnetOptimizers
from training.optimizers.groups import check_complete
from training.progress import Progress
from training.telemetry import DeadUnits
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
        progress: Progress,
    ) -> None:
        self.config = config
        self.network = network
        self.stream = stream
        self.progress = progress
        self.weighting = config.weighting.build({name: network.head(name) for name in network.graph.tasks})
        subnets = {**network.subnets(), "weighting": self.weighting}
        check_complete(subnets, network, self.weighting)
        self.optimizers = SubnetOptimizers(subnets, config.optimizers)
        self.dead_units = DeadUnits(network.subnets())
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
        """One step: forward, losses, one scalar, backward, and each subnet moved by its own rate.

        Raises:
            TrainingError: a loss is not finite; no weight was moved by this batch.
        """
        self.network.train()
        read_telemetry = self.history.num_steps % self.config.telemetry_every == 0
        if read_telemetry:
            with self.dead_units.watching():
                losses = task_losses(self.network, self.network(batch.inputs), batch.labels)
        else:
            losses = task_losses(self.network, self.network(batch.inputs), batch.labels)
        self._refuse_not_finite(losses)
        self.weighting.start({name: loss.detach().clamp(min=SMALLEST_FIRST_LOSS) for name, loss in losses.items()})
        self.history.num_steps += 1
        self.history.num_rows += len(batch)
        self._since_reading.append({name: loss.detach() for name, loss in losses.items()})
        if losses:
            self.optimizers.zero_grad()
            self.weighting(losses).backward()
            self._refuse_gradients_not_finite()
            self.optimizers.step()
        if read_telemetry:
            self._read()
            self._raise_alarms()
        self.progress.step(self.history)

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

    def _refuse_not_finite(self, losses: Mapping[str, Tensor]) -> None:
        for name, loss in losses.items():
            if not torch.isfinite(loss):
                rates = self.optimizers.learning_rates()
                raise TrainingError(
                    f"losses are finite; the loss of '{name}' is {loss.item()} in step {self.history.num_steps + 1:,}, "
                    f"with learning rates heads.{name} {rates.get(f'heads.{name}', 0):g}, shared "
                    f"{rates.get('shared', 0):g}, embeddings {rates.get('embeddings', 0):g}. No weight was moved by "
                    f"this batch. Lower these rates, or look for extreme values in the log"
                )

    def _refuse_gradients_not_finite(self) -> None:
        for subnet in self.optimizers.not_finite():
            rate = self.optimizers.learning_rates()[subnet]
            raise TrainingError(
                f"gradients are finite; those of '{subnet}' are not in step {self.history.num_steps:,}, with a "
                f"learning rate of {rate:g}. No weight was moved by this batch. Lower the rate, or look for extreme "
                f"values in the log"
            )

    def _read(self) -> None:
        totals: dict[str, list[float]] = {}
        for losses in self._since_reading:
            for name, loss in losses.items():
                totals.setdefault(name, []).append(float(loss))
        self._since_reading = []
        self.history.readings.append(
            Reading(
                step=self.history.num_steps,
                rows=self.history.num_rows,
                losses={name: sum(values) / len(values) for name, values in totals.items()},
                weights=self.weighting.weights(),
                sigmas=self.weighting.sigmas(),
                learning_rates=self.optimizers.learning_rates(),
                dead_unit_shares=self.dead_units.shares(),
            )
        )

    def _raise_alarms(self) -> None:
        for alarm in self.dead_units.alarms(self.history.num_steps, self.optimizers.learning_rates()):
            self.history.alarms.append(alarm)
            self.progress.alarm(alarm)
