"""The manifest as a file: its name, its contents and their digest. What they mean is in `models/manifest.py`.

Apart from it, because whoever only asks whether a version is there need not wait for the libraries of a network.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from models.errors import CheckpointError

FORMAT_VERSION: Literal[1] = 1
MANIFEST = "manifest.json"


def manifest_contents(file: str | Path, text: bytes) -> dict[str, Any]:
    """The contents without their digest, which was verified.

    Args:
        file: where the text is from, for errors.
        text: of the file.

    Raises:
        CheckpointError: it is no JSON, is of another format or was altered.
    """
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise CheckpointError(f"{file} must be readable JSON; found: {error}: restore or retrain") from None
    found = raw.get("format_version") if isinstance(raw, dict) else None
    if found != FORMAT_VERSION:
        raise CheckpointError(
            f"this release reads checkpoints of format {FORMAT_VERSION}; {file} is of format {found}: "
            f"retrain it, or use the release that wrote it"
        )
    if raw.pop("digest", None) != digest(raw):
        raise CheckpointError(
            f"{file} must have the digest that it was written with; found another: it was altered; "
            f"restore or retrain it"
        )
    return dict(raw)


def digest(raw: dict[str, Any]) -> str:
    """SHA-256 of the contents, however they are laid out."""
    return sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()
