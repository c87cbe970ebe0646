"""Where all sweeps of a run begin: the same initial weights, the same first batches, the same rows to look at."""

import copy
from collections.abc import Mapping
from itertools import count, islice
from typing import TYPE_CHECKING

import torch

from models.errors import ConfigError
from training.compute.device import chosen_device, moved
from training.data.batches import TrainingBatch, sampled
from training.growth.start import first_network
from training.observers import Observers
from training.optimizers import OptimizerConfig
from training.rates.probe import Probe
from training.rates.spans import trained_groups
from training.trainer import Trainer

if TYPE_CHECKING:
    from training.pipeline import Prepared

PROBE_ROWS = 8_192
"""Rows of the validation window that are looked at; a look costs about two steps."""
NEVER = 2**40
"""Steps between two readings of the trainer's own telemetry: the probe reads instead."""


class Start:
    """An untrained network that runs branch off from; it is never trained itself.

    Args:
        prepared: the log and its configuration.
        num_steps: batches to have at hand, the first ones that the training would see too.

    Raises:
        ConfigError: the training window holds too few rows for a sweep.
    """

    def __init__(self, prepared: "Prepared", num_steps: int) -> None:
        self._settings = settings = prepared.config.training
        if settings.num_threads is not None:
            torch.set_num_threads(settings.num_threads)
        torch.manual_seed(settings.seed)
        encoder = prepared.data.encoder
        device = chosen_device(settings.device)
        self._network = first_network(prepared.config.model_part(), prepared.data, prepared.parent).to(device)
        self._num_rows = prepared.rows_per_epoch
        self._stream = prepared.stream()
        rows = min(settings.validation_rows, PROBE_ROWS)
        self._validation = sampled(prepared.reader, encoder, prepared.windows.validation, rows)
        self.batches = self._first_batches(num_steps)
        self.probe = Probe(moved(self._validation, device))
        self.look = self.probe.look(self._network)
        weighting = settings.weighting.build({name: self._network.head(name) for name in self._network.graph.tasks})
        self.groups = trained_groups({**self._network.subnets(), "weighting": weighting}, settings.optimizers)

    def trainer(self, groups: Mapping[str, OptimizerConfig]) -> Trainer:
        """A trainer of a copy of the network, with these rates."""
        settings = self._settings.model_copy(update={"optimizers": dict(groups), "telemetry_every": NEVER})
        torch.manual_seed(settings.seed)
        network = copy.deepcopy(self._network)
        return Trainer(settings, network, self._stream, self._validation, self._num_rows, Observers([]))

    def _first_batches(self, num_steps: int) -> list[TrainingBatch]:
        """The first whole batches of the training; a short epoch is gone through again."""
        size = self._settings.batch_size
        found: list[TrainingBatch] = []
        for epoch in count():
            before = len(found)
            whole = (batch for batch in self._stream.epoch(epoch) if len(batch) == size)
            found += islice(whole, num_steps - before)
            if len(found) == before:
                break
        if len(found) < num_steps:
            raise ConfigError(
                f"a sweep of rates makes steps of whole batches; an epoch trains on {self._num_rows:,} rows, "
                f"fewer than training.batch_size = {size:,}: lower it, or give the rates"
            )
        return found
