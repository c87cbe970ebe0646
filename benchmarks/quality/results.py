"""Finished trainings, one JSON file each: an interrupted run goes on where it was."""

import json
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.kept import keep, read
from benchmarks.quality.measures import Measured
from benchmarks.quality.rows import log_features
from training.config import Config

RECIPE = 1
"""Raise it with any change of what peers are given or how they are trained: their stored trainings are old then."""
COLUMN = ("name", "kind", "transform", "separator", "max_length", "shares")
"""What peers are told of a feature."""


@dataclass(frozen=True)
class Result:
    """One training of one system.

    Attributes:
        system: which one.
        seed: of everything random in it.
        made_of: fingerprint of what it was told; another one is another training.
        tasks: what was measured.
        seconds: wall time on one thread.
        processor_seconds: what it took of the processor, which other work on the machine does not lengthen so much.
        versions: of the libraries.
        settings: that were used, by name.
        notes: what should be known of it.
    """

    system: str
    seed: int
    made_of: str
    tasks: Measured
    seconds: float
    processor_seconds: float
    versions: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def fingerprint_of_peers(config: Config) -> str:
    """Changes with the columns, labels or windows that peers get, and with RECIPE; not with what ours makes of them."""
    features = [feature.model_dump(mode="json") for feature in log_features(config)]
    told = {
        "recipe": RECIPE,
        "features": [{key: each[key] for key in COLUMN if key in each} for each in features],
        "tasks": [[task.name, task.kind, task.label, task.observed_when] for task in config.tasks],
        "split": config.data.split.model_dump(mode="json"),
        "path": str(Path(config.data.path).resolve()),
    }
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def fingerprint_of_ours(config: Config) -> str:
    """Changes with every setting but the seed."""
    told = config.with_overrides(seed=0).model_dump(mode="json")
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def stored(folder: Path, system: str, seed: int, made_of: str) -> Result | None:
    """A finished training, or None where there is none that was made of the same."""
    file = folder / f"{system}-{seed}.json"
    if not file.is_file():
        return None
    found = Result(**read(file))
    return found if found.made_of == made_of else None


def store(folder: Path, result: Result) -> None:
    """Keep a finished training; the file appears whole or not at all."""
    keep(folder / f"{result.system}-{result.seed}.json", asdict(result))
