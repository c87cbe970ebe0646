"""One entry of the cache: a folder with everything that training needs of a log."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from models.checkpoint import GROWTH
from models.config import ModelConfig
from models.encoder_files import load_encoder
from models.errors import CheckpointError
from training.cache.blocks import StoredRows
from training.cache.damage import DamagedEntry
from training.cache.manifest import EntryManifest, read_manifest
from training.fitting.fit import FittedData
from training.growth.inheritance import load_inheritance

TRAIN, VALIDATION = "train", "validation"


@dataclass(frozen=True)
class Entry:
    """An open entry.

    Attributes:
        folder: where it lies.
        identity: of the folder, which another that takes its place does not have.
        manifest: what it says of itself.
        data: the fitted encoder and what was measured with it.
        train: rows of the training window.
        validation: the sample of the validation window.
    """

    folder: Path
    identity: int | None
    manifest: EntryManifest
    data: FittedData
    train: StoredRows
    validation: StoredRows


def open_entry(folder: Path, model: ModelConfig) -> Entry:
    """Open an entry; every file is compared with the manifest, rows by their length alone.

    Raises:
        DamagedEntry: a file is absent, torn or altered.
    """
    identity = identity_of(folder)
    manifest = read_manifest(folder)
    if {name: _digest(folder / name) for name in manifest.encoder} != manifest.encoder:
        raise DamagedEntry("a file of the encoder does not have its checksum")
    try:
        encoder = load_encoder(folder, model)
    except CheckpointError as error:
        raise DamagedEntry(str(error)) from None
    rows = {
        name: StoredRows(folder / name, stored, manifest.lists, manifest.tasks)
        for name, stored in manifest.windows.items()
    }
    data = FittedData(
        encoder=encoder,
        statistics=manifest.statistics,
        null_shares=manifest.null_shares,
        num_rows=rows[TRAIN].num_rows,
        inheritance=load_inheritance(folder),
    )
    return Entry(folder, identity, manifest, data, rows[TRAIN], rows[VALIDATION])


def identity_of(folder: Path) -> int | None:
    """The number that the file system knows the folder by; None where it is not there."""
    return folder.stat().st_ino if folder.exists() else None


def encoder_digests(folder: Path) -> dict[str, str]:
    """SHA-256 of the encoder's files below the folder, and of what later runs grow from, by their names in it."""
    files = sorted(path for part in ("encoder", GROWTH) for path in (folder / part).glob("*"))
    return {str(path.relative_to(folder)): _digest(path) for path in files}


def _digest(file: Path) -> str:
    try:
        return sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise DamagedEntry(f"{file.name}: {error.strerror}") from None
