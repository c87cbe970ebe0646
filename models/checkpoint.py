"""A checkpoint: one immutable model version, a folder of safetensors and JSON. Nothing in it is executed on load.

- `manifest.json`: what it is, and the SHA-256 of every other file
- `weights.safetensors`: the network
- `encoder/vocabularies.json`: categories in the order of their rows
- `encoder/numerics.json`: statistics of numeric features
- `encoder/past_ids.json`, `encoder/past_rates.safetensors`: ids with a past and its numbers, where it is asked for
- `inference/`: the network as graphs for ONNX Runtime (docs/inference.md)
- `reference.json`: what its rows and predictions looked like (models/reference)
- `growth/`: what a run needs that trains the model on; whoever serves it neither needs these files nor reads them
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from models.atomic import whole_folder
from models.checksums import sha256, verify_listed
from models.encoder_files import ENCODER_FILES, load_encoder, save_encoder
from models.errors import CheckpointError
from models.heads import LabelStatistics
from models.inference.graph_files import read_graphs
from models.manifest import MANIFEST, Manifest, read_manifest, write_manifest
from models.network import Network
from models.predictor import Predictor
from models.storage.fetch import local_copy
from models.verdicts import ReducedPrecision, Verdict
from models.weights import loaded_network

WEIGHTS = "weights.safetensors"
GROWTH = "growth/"


def new_version(network: Network, at: datetime) -> str:
    """A name that sorts by time, to the millisecond, and tells versions of the same one apart.

    Even where their weights are the same: a training that starts from a version may find nothing better.
    """
    digest = hashlib.sha256(at.isoformat().encode())
    for tensor in network.state_dict().values():
        digest.update(tensor.detach().contiguous().view(-1).numpy())
    moment = at.astimezone(UTC)
    return f"{moment:%Y%m%dT%H%M%S}.{moment.microsecond // 1000:03d}Z-{digest.hexdigest()[:8]}"


def save_checkpoint(
    folder: Path,
    predictor: Predictor,
    *,
    name: str,
    statistics: Mapping[str, LabelStatistics],
    metrics: Mapping[str, Mapping[str, float | None]],
    training: Mapping[str, Any],
    attachments: Mapping[str, str] | None = None,
    writers: Sequence[Callable[[Path], None]] = (),
    precisions: Mapping[ReducedPrecision, Verdict] | None = None,
) -> Path:
    """Write a new version below the folder and return its path; it appears whole or not at all.

    Args:
        folder: where versions live.
        predictor: encoder, network and calibration to store.
        name: of the model.
        statistics: of each task's label.
        metrics: by task.
        training: for the record.
        attachments: further text files by name (a report), stored and checked like the rest.
        writers: write further files below the folder that they are given, likewise.
        precisions: what the check of reduced precisions found.
    """
    created_at = datetime.now(UTC)
    version = new_version(predictor.network, created_at)
    with whole_folder(folder / version) as beside:
        save_file({key: t.contiguous() for key, t in predictor.network.state_dict().items()}, beside / WEIGHTS)
        (beside / WEIGHTS).chmod(0o644)  # safetensors makes it 0600, and the service may run as another user
        save_encoder(beside, predictor.encoder)
        for file, text in (attachments or {}).items():
            (beside / file).write_text(text, encoding="utf-8")
        for write in writers:
            write(beside)
        manifest = Manifest(
            version=version,
            name=name,
            created_at=created_at,
            model=predictor.config,
            schema_fingerprint=predictor.config.schema_fingerprint,
            statistics=dict(statistics),
            calibrations=predictor.calibrations,
            metrics={task: dict(values) for task, values in metrics.items()},
            training=dict(training),
            precisions=dict(precisions or {}),
            libraries={"torch": str(torch.__version__)},
            files={str(p.relative_to(beside)): sha256(p) for p in sorted(beside.rglob("*")) if p.is_file()},
        )
        write_manifest(beside, manifest)
    return folder / version


def find_version(path: Path) -> Path:
    """The version folder meant by a path: itself, or the newest version in a folder of versions.

    Raises:
        CheckpointError: there is none.
    """
    if (path / MANIFEST).is_file():
        return path
    versions = sorted(p.parent for p in path.glob(f"*/{MANIFEST}") if not p.parent.name.startswith("."))
    if not versions:
        found = "an empty or unrelated folder" if path.is_dir() else "nothing"
        raise CheckpointError(
            f"a checkpoint is a folder with {MANIFEST}, or a folder of such folders; found {found} at {path}: "
            f"train one with `threefold train CONFIG --output {path}`"
        )
    return versions[-1]


def load_checkpoint(place: Path | str) -> tuple[Predictor, Manifest]:
    """Read and verify a version, or the newest in a folder of versions; from a URL it is fetched first.

    The table stays in its file and is mapped (models/weights.py).

    Raises:
        CheckpointError: unknown format, a missing or altered file, weights that do not fit or are not finite, or an
            object store that does not answer or refuses.
        ConfigError: a URL breaks a rule.
    """
    version = find_version(local_copy(place, without=GROWTH))
    manifest = read_manifest(version)
    verify_files(version, manifest, [file for file in manifest.files if not file.startswith(GROWTH)])
    encoder = load_encoder(version, manifest.model)
    network = loaded_network(version / WEIGHTS, manifest.model, encoder, manifest.statistics)
    graphs = read_graphs(version, manifest.files)
    return Predictor(manifest.model, encoder, network, manifest.calibrations, graphs), manifest


def verify_files(version: Path, manifest: Manifest, files: Sequence[str]) -> None:
    """See that some files of a version are as they were written, and that it lists those that every version has.

    Raises:
        CheckpointError: naming the file that is missing or altered.
    """
    missing_from_manifest = {WEIGHTS, *ENCODER_FILES} - set(manifest.files)
    if missing_from_manifest:
        raise CheckpointError(f"{version} lists no {', '.join(sorted(missing_from_manifest))}: restore or retrain it")
    verify_listed(version, manifest, files)
