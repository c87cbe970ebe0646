"""What a checkpoint says of itself: one JSON file that vouches for all others and carries its own digest."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.calibration.by_field import TaskCalibration
from models.config import ModelConfig
from models.errors import CheckpointError
from models.heads import LabelStatistics
from models.manifest_file import FORMAT_VERSION, MANIFEST, digest, manifest_contents
from models.verdicts import ReducedPrecision, Verdict

__all__ = ["MANIFEST", "Manifest", "read_manifest", "write_manifest"]


class Manifest(BaseModel):
    """The contents of the file, without its digest."""

    model_config = ConfigDict(frozen=True)

    format_version: Literal[1] = FORMAT_VERSION
    version: str
    name: str
    created_at: datetime
    model: ModelConfig
    schema_fingerprint: str
    statistics: dict[str, LabelStatistics]
    calibrations: dict[str, TaskCalibration]
    metrics: dict[str, dict[str, float | None]]
    """By task: what was measured on the test window."""
    training: dict[str, Any]
    """Windows, rows, steps and the full training configuration, for the record."""
    precisions: dict[ReducedPrecision, Verdict] = Field(default_factory=dict)
    """What the check at export found of each reduced precision; one that is not here was not checked."""
    libraries: dict[str, str]
    files: dict[str, str]
    """SHA-256 by file."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for task in self.model.tasks:
            statistics = self.statistics.get(task.name)
            if statistics is None or statistics.kind != task.kind or task.name not in self.calibrations:
                raise ValueError(f"task '{task.name}' needs {task.kind} statistics and a calibration")
        return self


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the file with the digest of its contents."""
    raw = manifest.model_dump(mode="json")
    (folder / MANIFEST).write_text(json.dumps({**raw, "digest": digest(raw)}, indent=2), encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read the file and verify that it is as it was written; the files that it vouches for are not looked at.

    Raises:
        CheckpointError: it cannot be read, is of another format, was altered, or describes no model.
    """
    file = folder / MANIFEST
    try:
        text = file.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{file} must be readable JSON; found: {error}: restore or retrain") from None
    raw = manifest_contents(file, text)
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise CheckpointError(
            f"{file} does not describe a model: {where}: {first['msg']}: restore or retrain"
        ) from None
