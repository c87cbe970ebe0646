"""Fresh embeddings at the start of an epoch, for training that goes over the same rows more than once.

Liu et al., "Multi-Epoch Learning for Deep Click-Through Rate Prediction Models", 2023,
https://arxiv.org/abs/2305.19531; Fan et al., "Multi-Epoch Learning with Data Augmentation for Deep Click-Through Rate
Prediction", 2024, https://arxiv.org/abs/2407.01607. What a second pass learns by heart lies in the table: with newly
drawn rows the rest of the network meets the same impressions in another embedding space, as if they were new data.
"""

import torch

from models.encoder import PADDING
from models.network import Network
from training.optimizers import SubnetOptimizers

_STREAM = 0x4D454441
"""Sets these draws apart from all others that the same seed starts."""


@torch.no_grad()
def reset_embeddings(network: Network, optimizers: SubnetOptimizers, seed: int, epoch: int) -> None:
    """Draw the whole table anew, as it was drawn at first, and forget what its optimizer remembers of it.

    PADDING stays zero. No other parameter, no other optimizer and no random number of anybody else is touched.

    Args:
        network: its table is changed in place.
        optimizers: of its subnets.
        seed: of the run; with the epoch it decides the rows.
        epoch: that begins, from 0.
    """
    table = network.embeddings.table
    generator = torch.Generator().manual_seed((seed * 1_000_003 + epoch) ^ _STREAM)
    drawn = torch.randn(table.shape, generator=generator, dtype=table.dtype)
    table.copy_(drawn * network.embeddings.initial_std)
    table[PADDING] = 0.0
    if (optimizer := optimizers.optimizers.get("embeddings")) is not None:
        optimizer.state.pop(table, None)
