"""Stops a step before it would spoil the weights."""

from collections.abc import Mapping

import torch
from torch import Tensor

from models.errors import TrainingError
from training.optimizers import SubnetOptimizers


def refuse_losses_not_finite(losses: Mapping[str, Tensor], num_steps: int, rates: Mapping[str, float]) -> None:
    """Raise where a loss is NaN or infinite, naming its task and the rates that it depends on.

    Raises:
        TrainingError: no weight was moved by this batch.
    """
    for name, loss in losses.items():
        if not torch.isfinite(loss):
            raise TrainingError(
                f"losses are finite; the loss of '{name}' is {loss.item()} in step {num_steps + 1:,}, "
                f"with learning rates heads.{name} {rates.get(f'heads.{name}', 0):g}, shared "
                f"{rates.get('shared', 0):g}, embeddings {rates.get('embeddings', 0):g}. No weight was moved by "
                f"this batch. Lower these rates, or look for extreme values in the log"
            )


def refuse_gradients_not_finite(optimizers: SubnetOptimizers, num_steps: int) -> None:
    """Raise where a gradient is NaN or infinite, naming its subnet and rate.

    Raises:
        TrainingError: no weight was moved by this batch.
    """
    for subnet in optimizers.not_finite():
        rate = optimizers.learning_rates()[subnet]
        raise TrainingError(
            f"gradients are finite; those of '{subnet}' are not in step {num_steps + 1:,}, with a learning rate of "
            f"{rate:g}. No weight was moved by this batch. Lower the rate, or look for extreme values in the log"
        )
