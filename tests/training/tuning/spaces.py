"""A small configuration with a space, as the tables of its file."""

from pathlib import Path
from typing import Any

from tests.training.worlds import small_config
from training.config import Config, validated
from training.tuning.settings import Settings

SPACE: dict[str, Any] = {
    "training.optimizers.embeddings.learning_rate": {"kind": "log_float", "low": 0.01, "high": 1.0},
    'training.optimizers."heads.click".learning_rate': {"kind": "log_float", "low": 1e-4, "high": 1e-2},
    "model.trunk.num_experts": {"kind": "integer", "low": 1, "high": 3},
    "tasks.dwell.tower.dropout": {"kind": "float", "low": 0.0, "high": 0.3},
    "model.trunk.expert.widths": {"kind": "choice", "values": [[4], [8]]},
}


def given(log: Path | str, space: dict[str, Any] | None = None, **training: Any) -> Settings:
    """Tables of a file; three validations in few steps."""
    settings = {"max_steps": 6, "batch_size": 256, "validations_per_epoch": 4, "telemetry_every": 1, **training}
    tables = small_config(log, **settings).model_dump(mode="json", exclude_none=True)
    pruner = {"kind": "median", "after_trials": 2, "after_validations": 1}
    return {**tables, "tuning": {"space": SPACE if space is None else space, "random_trials": 2, "pruner": pruner}}


def config_of(settings: Settings) -> Config:
    return validated(settings, "the test's tables")
