"""The SHA-256 of files, and whether a version's files are those that its manifest vouches for."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from models.errors import CheckpointError
from models.manifest import Manifest


def sha256(path: Path) -> str:
    """The digest of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify_listed(version: Path, manifest: Manifest, files: Iterable[str]) -> None:
    """Read files of a version that its manifest lists.

    Raises:
        CheckpointError: one is missing, or is not the one that was written.
    """
    for file in files:
        path, expected = version / file, manifest.files[file]
        if not path.is_file():
            raise CheckpointError(f"{version} must hold {file}, which is missing: restore or retrain it")
        if sha256(path) != expected:
            raise CheckpointError(
                f"{path} must have the SHA-256 of its manifest, {expected[:12]}...; found another: it was altered or "
                f"torn; restore or retrain it"
            )
