"""What is kept of one training: small enough for JSON, and enough to compare it without training it again."""

import json
import re
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from pydantic import Field, ValidationError

from models.atomic import whole_file
from models.frozen import Frozen
from training.comparison.measures import Aspect
from training.comparison.resampling import MAX_ROWS, MIN_GROUPS, NUM_RESAMPLES, SEED, Sampled
from training.config import NOT_COMPARED, Config
from training.pipeline import Prepared


class MeasuredTask(Frozen):
    """A task of one trained model on the test window."""

    kind: str
    num_observed: int
    metrics: dict[str, float | None]
    """All that the evaluation measures."""
    compared: dict[Aspect, Sampled]
    """What variants are compared by; empty where the label is never observed."""


class TrainingRecord(Frozen):
    """One training, finished or failed."""

    label: str
    """Which variant it was trained for first; others of the same configuration take it too."""
    seed: int
    failure: str | None = None
    """Why it has no numbers."""
    seconds: float = 0.0
    """Of training and calibration."""
    num_steps: int = 0
    num_weights: int = 0
    """Parameters of the net."""
    stopped_because: str = ""
    validation_score: float | None = None
    """Mean loss over the tasks in units of the base rate's, at the kept weights; None where it failed."""
    loss_weights: dict[str, float] = Field(default_factory=dict)
    """By task, the last factor of its loss."""
    subnets: tuple[str, ...] = ()
    """Subnets with something to train."""
    alarms: tuple[str, ...] = ()
    tasks: dict[str, MeasuredTask] = Field(default_factory=dict)


class Records:
    """Finished trainings in a folder, one file each, found again by the digest of all that decides their result."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, digest: str) -> TrainingRecord | None:
        """A finished training, or None. A file that this version cannot read is as good as none."""
        for file in self._folder.glob(f"*-{digest}.json"):
            try:
                return TrainingRecord.model_validate_json(file.read_bytes())
            except ValidationError:
                continue
        return None

    def keep(self, digest: str, record: TrainingRecord) -> None:
        """Write a training; the file is whole or not there."""
        name = re.sub(r"[^A-Za-z0-9_.]+", "-", record.label)
        with whole_file(self._folder / f"{name}-seed{record.seed}-{digest}.json") as beside:
            beside.write_text(record.model_dump_json(indent=1), encoding="utf-8")


def digest(prepared: Prepared, config: Config) -> str:
    """Of the configuration, the seed, the rows and the versions: the same digest trains the same model."""
    windows = prepared.windows
    decides = {
        "config": config.model_dump(mode="json", exclude=NOT_COMPARED),
        "windows": [[w.described, w.num_rows] for w in (windows.train, windows.validation, windows.test)],
        "statistics": {name: each.model_dump() for name, each in prepared.data.statistics.items()},
        "null_shares": prepared.data.null_shares,
        "observed_when": {task.name: task.observed_when for task in prepared.config.tasks},
        "draws": [NUM_RESAMPLES, MAX_ROWS, MIN_GROUPS, SEED],
        "versions": [version("threefold"), version("torch")],
    }
    return sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:16]
