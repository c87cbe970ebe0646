"""Which rows of a batch a process takes."""

import torch

from training.data.batches import TrainingBatch
from training.distributed.world import World


def sliced(batch: TrainingBatch, world: World) -> TrainingBatch:
    """Every so manieth row of the batch, beginning with the own rank: slices differ by one row at the most.

    The first process has a row of every batch, another may have none of a very small one.
    """
    return batch.rows(torch.arange(world.rank, len(batch), world.size))
