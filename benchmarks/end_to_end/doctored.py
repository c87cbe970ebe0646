"""Faults of a candidate: its files are changed on disk after it was trained and before it is judged."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from models.calibration import Platt
from models.checkpoint import WEIGHTS
from models.manifest import read_manifest, write_manifest


def miscalibrated(version: Path) -> None:
    """Every logit of click is too high by a half, and the manifest vouches for it."""
    manifest = read_manifest(version)
    found = manifest.calibrations["click"]
    assert isinstance(found, Platt), f"click is calibrated by {found.kind}"
    shifted = {**manifest.calibrations, "click": found.then(1.0, 0.5)}
    write_manifest(version, manifest.model_copy(update={"calibrations": shifted}))


def not_a_number(version: Path) -> None:
    """One weight of each head is NaN, and the manifest vouches for it."""
    file = version / WEIGHTS
    weights = load_file(file)
    for name, values in weights.items():
        if name.startswith("heads"):
            values.view(-1)[0] = torch.nan
    save_file(weights, file)
    manifest = read_manifest(version)
    files = {**manifest.files, WEIGHTS: hashlib.sha256(file.read_bytes()).hexdigest()}
    write_manifest(version, manifest.model_copy(update={"files": files}))


def truncated(version: Path) -> None:
    """The last third of the weights is gone, as after a full disk."""
    file = version / WEIGHTS
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 3])


@dataclass(frozen=True)
class CandidateFault:
    """A fault of a trained version.

    Attributes:
        title: for the table.
        doctor: changes the files of the version.
        noticed_by: gates that are right to hold it; one of them has to have failed.
    """

    title: str
    doctor: Callable[[Path], None]
    noticed_by: frozenset[str]


CANDIDATE_FAULTS = (
    CandidateFault("miscalibrated candidate", miscalibrated, frozenset({"calibration"})),
    CandidateFault("NaN weights", not_a_number, frozenset({"loads", "finite"})),
    CandidateFault("truncated checkpoint", truncated, frozenset({"loads"})),
)
