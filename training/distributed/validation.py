"""The validation window, looked at by all processes together: each takes a slice of every batch."""

import torch
from torch import Tensor

from models.network import Network
from training.data.batches import TrainingBatch
from training.distributed.collectives import agreed
from training.distributed.losses import losses_of_all
from training.distributed.slices import sliced
from training.distributed.world import World
from training.validation import Validator


class SharedValidator(Validator):
    """Finds the same losses in every process, so that all keep the same weights and end with the same step.

    Args:
        world: of this process.
        network: whose losses are looked at.
        rows: of the validation window; every process has all of them.
        batch_size: rows that are looked at together.
    """

    def __init__(self, world: World, network: Network, rows: TrainingBatch, batch_size: int) -> None:
        self._world = world
        super().__init__(network, rows, batch_size)

    def losses_of(self, network: Network, batch: TrainingBatch) -> dict[str, Tensor]:
        """By task with an observed row in the whole batch, its mean loss, a scalar, as the first process has it."""
        # TorchRec keeps what it made in inference mode, and could not train with it afterwards.
        with torch.inference_mode(False), torch.no_grad():
            own = sliced(batch, self._world)
            found = losses_of_all(network, network(own.inputs), own.labels)
            losses = agreed(torch.stack(list(found.values())))
        return dict(zip(found, losses, strict=True))
