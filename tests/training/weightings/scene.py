"""A small network in the middle of a step: losses of real rows, and where their gradients meet."""

from typing import Any

import torch
from torch import Tensor, nn

from models.config import ModelConfig
from models.network import Network
from training.data.batches import TrainingBatch, encode_chunk
from training.objective import Objective, task_losses
from training.pipeline import Prepared


def batch(prepared: Prepared, num_rows: int = 400) -> TrainingBatch:
    """The first rows of the training window."""
    rows = encode_chunk(prepared.data.encoder, next(prepared.reader.chunks(prepared.windows.train)))
    return rows.rows(torch.arange(num_rows))


def network(prepared: Prepared, *, trunk: dict[str, Any] | None = None, stop_gradient: bool = True) -> Network:
    """The same weights every time."""
    raw = prepared.config.model_part().model_dump()
    if trunk is not None:
        raw["trunk"] = trunk
    for task in raw["tasks"]:
        task["reads"] = [{**edge, "stop_gradient": stop_gradient} for edge in task["reads"]]
    torch.manual_seed(0)
    return Network(ModelConfig.model_validate(raw), prepared.data.encoder, prepared.data.statistics).train()


def objective(of: Network, rows: TrainingBatch, factors: dict[str, float] | None = None) -> Objective:
    """The losses of a forward pass, each times its factor; a factor of 0 leaves the task out."""
    forward = of.forward_in_parts(rows.inputs)
    factors = factors or {}
    losses = {
        name: factors.get(name, 1.0) * loss
        for name, loss in task_losses(of, forward.outputs, rows.labels).items()
        if factors.get(name, 1.0)
    }
    return Objective(losses, forward.common, of)


def gradients(of: nn.Module) -> dict[str, Tensor]:
    """A dense gradient by parameter that has one."""
    return {name: dense(p.grad) for name, p in of.named_parameters() if p.grad is not None}


def dense(gradient: Tensor) -> Tensor:
    return gradient.to_dense() if gradient.is_sparse else gradient
