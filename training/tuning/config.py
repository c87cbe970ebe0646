"""The section [tuning]: what `threefold tune` may change, and how it looks for the best."""

from pydantic import Field

from models.frozen import Frozen
from training.tuning.parameters import Parameter
from training.tuning.pruners import MedianConfig, PrunerConfig


class TuningConfig(Frozen):
    """The section [tuning]: what `threefold tune` may change, and how it looks for the best (docs/tuning.md)."""

    space: dict[str, Parameter] = Field(default_factory=dict)
    """By the path of a setting, such as "model.trunk.num_experts", the values that it may take."""
    random_trials: int = Field(default=8, ge=1)
    """So many trials, the given configuration among them, come before the first that learns from the others."""
    pruner: PrunerConfig = MedianConfig()
    """When a trial that goes badly is given up."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """Of the drawn values: the same seed and log give the same trials."""
