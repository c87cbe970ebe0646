"""The configuration that is retrained: an example of the project's, made small, with a section [retrain]."""

from pathlib import Path
from typing import Any

import tomli_w

from training.config import read_settings

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
SMALL: dict[str, Any] = {
    "embedding": {"dim": 8},
    "trunk": {"kind": "mmoe", "num_experts": 2, "expert": {"widths": [64]}},
}


def simulated(**changes: Any) -> dict[str, Any]:
    """examples/simulated.toml with a small network and without past rates: a training takes seconds."""
    settings = read_settings(EXAMPLES / "simulated.toml")
    settings.pop("past_rates")
    settings["model"] = SMALL
    settings["training"] = {"max_epochs": 1, "batch_size": 512, "validations_per_epoch": 2, "num_threads": 1}
    settings["evaluation"] = {}
    settings["inference"] = {"check": []}
    return settings | changes


def kuairand() -> dict[str, Any]:
    """examples/kuairand.toml; the newest day tests, and the one before it validates."""
    settings = read_settings(EXAMPLES / "kuairand.toml")
    settings["data"]["split"] = {"validation": "1d", "test": "1d"}
    settings["inference"] = {"graphs": False}
    settings["evaluation"] = {"group_by": "user_id"}
    return settings


def written(settings: dict[str, Any], log: Path, retrain: dict[str, Any], file: Path) -> Path:
    """The settings for a log as a file."""
    data = settings["data"] | {"path": str(log)}
    file.write_text(tomli_w.dumps(settings | {"data": data, "retrain": retrain}), encoding="utf-8")
    return file
