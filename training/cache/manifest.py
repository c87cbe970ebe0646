"""What an entry of the cache says of itself."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from models.frozen import Frozen
from models.heads import LabelStatistics
from training.cache.damage import DamagedEntry
from training.data.windows import WindowCounts

MANIFEST = "manifest.json"
FORMAT = 2
"""Raised when what lies in an entry changes; entries of another format are of another fingerprint."""


class StoredColumn(Frozen):
    """One file of a window: its blocks one after the other, little-endian.

    Attributes:
        file: its name in the folder of the window.
        dtype: of an element, as numpy writes it.
        lengths: bytes of each block.
        crc32: of each block.
    """

    file: str
    dtype: str
    lengths: tuple[int, ...]
    crc32: tuple[int, ...]


class StoredWindow(Frozen):
    """The encoded rows of a window: `rows` of each block, and the files that hold them."""

    rows: tuple[int, ...]
    columns: tuple[StoredColumn, ...]


class EntryManifest(Frozen):
    """The whole of an entry.

    Attributes:
        format: of the entry.
        name: of the configuration that it was made for.
        counts: what is known of the log and its windows.
        statistics: of each task's label.
        null_shares: by feature, in the training window.
        tasks: in the order of the labels.
        lists: the list features, in the order of their files.
        encoder: SHA-256 of the encoder's files.
        windows: the rows, by name.
    """

    format: int
    name: str
    counts: WindowCounts
    statistics: dict[str, LabelStatistics]
    null_shares: dict[str, float]
    tasks: tuple[str, ...]
    lists: tuple[str, ...]
    encoder: dict[str, str] = Field(default_factory=dict)
    windows: dict[str, StoredWindow]


def write_manifest(folder: Path, manifest: EntryManifest) -> None:
    """Write it with a checksum of its own."""
    held = manifest.model_dump(mode="json")
    text = json.dumps({"sha256": _digest(held), "entry": held}, ensure_ascii=False)
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def read_manifest(folder: Path) -> EntryManifest:
    """Read it back.

    Raises:
        DamagedEntry: it is not what was written.
    """
    try:
        held = json.loads((folder / MANIFEST).read_bytes())
        if held["sha256"] != _digest(held["entry"]):
            raise DamagedEntry(f"{MANIFEST} was changed after it was written")
        return EntryManifest.model_validate(held["entry"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = "of another form" if isinstance(error, ValidationError) else str(error)
        raise DamagedEntry(f"{MANIFEST}: {what}") from None


def _digest(held: dict[str, Any]) -> str:
    return sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()
