"""Optimizers, one group a subnet."""

from training.optimizers.config import DEFAULTS, OptimizerConfig
from training.optimizers.groups import SubnetOptimizers

__all__ = ["DEFAULTS", "OptimizerConfig", "SubnetOptimizers"]
