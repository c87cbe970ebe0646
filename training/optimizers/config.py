"""Kinds of optimizers, and the rates that hold where a configuration names none. The union is the registry."""

from typing import Annotated

from pydantic import Field

from training.optimizers.adamw import AdamWConfig
from training.optimizers.rowwise_adagrad import RowwiseAdagradConfig
from training.optimizers.sparse_adam import SparseAdamConfig

OptimizerConfig = Annotated[AdamWConfig | RowwiseAdagradConfig | SparseAdamConfig, Field(discriminator="kind")]

DEFAULTS: dict[str, OptimizerConfig] = {
    "embeddings": RowwiseAdagradConfig(learning_rate=0.1),
    "inputs": AdamWConfig(learning_rate=1e-3),
    "shared": AdamWConfig(learning_rate=1e-3),
    "heads.*": AdamWConfig(learning_rate=1e-3),
    "weighting": AdamWConfig(learning_rate=1e-2),
}


def takes_sparse_gradients(config: OptimizerConfig) -> bool:
    """Whether the kind is for tables, whose gradients hold only the touched rows."""
    return isinstance(config, RowwiseAdagradConfig | SparseAdamConfig)
