"""Training states on disk: each a folder of JSON and safetensors, whole or not there, with a checksum of every byte.

- `state-000007/state.json`: what it is of, every number, and the checksums
- `state-000007/tensors.safetensors`: every tensor
- `best-000000001200.safetensors`: the best weights so far, written once and shared by the states after it
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from models.atomic import whole_folder
from training.resume.tree import join, split

FORMAT = 1
_STATE, _TENSORS = "state.json", "tensors.safetensors"
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, SafetensorError)


@dataclass(frozen=True)
class Stored:
    """A state that was read and found whole.

    Attributes:
        written_at: when it was written.
        parts: by name, the state of each part of the training.
    """

    written_at: datetime
    parts: dict[str, Any]


class StateStore:
    """The states of one training, in a folder that is its own.

    Args:
        folder: holds them.
        fingerprint: of the training; a state of another one is never read.
        tell: is told which states were ignored, and why.
    """

    def __init__(self, folder: Path, fingerprint: str, tell: Callable[[str], None]) -> None:
        self.folder = folder
        self._fingerprint = fingerprint
        self._tell = tell
        for left_by_a_kill in folder.glob(".*.partial"):
            remove(left_by_a_kill)

    def write(self, parts: Mapping[str, Any], beside: Mapping[str, str]) -> None:
        """Write a state; those before it are removed once it is whole.

        Args:
            parts: by name, the state of each part of the training.
            beside: by name, the SHA-256 of files of the folder without which the state is of no use.
        """
        before = self._folders()
        target = self.folder / f"state-{_number(before[-1]) + 1 if before else 1:06d}"
        plain, tensors = split(dict(parts))
        with whole_folder(target) as folder:
            save_file(tensors, folder / _TENSORS)
            content = {
                "format": FORMAT,
                "fingerprint": self._fingerprint,
                "written_at": datetime.now(UTC).isoformat(),
                "files": {f"{target.name}/{_TENSORS}": sha256(folder / _TENSORS), **beside},
                "parts": plain,
            }
            sealed = {"sha256": _digest(content), "content": content}
            (folder / _STATE).write_text(json.dumps(sealed), encoding="utf-8")
        for folder in before:
            shutil.rmtree(folder)

    def newest(self) -> Stored | None:
        """The newest state that is whole and of this training; None where there is none."""
        for folder in reversed(self._folders()):
            try:
                return self._read(folder)
            except _UNREADABLE as error:
                why = f"{type(error).__name__}: {error}" if isinstance(error, KeyError) else str(error)
                self._tell(f"a training state was ignored: {folder.name} in {self.folder} {why or 'is not readable'}")
        return None

    def clear(self) -> None:
        """Remove everything that is kept of the training."""
        for path in self.folder.iterdir():
            if not path.name.startswith("."):
                remove(path)

    def remove(self) -> None:
        """Remove the folder itself."""
        shutil.rmtree(self.folder)

    def _folders(self) -> list[Path]:
        """Oldest first."""
        return sorted(self.folder.glob("state-*"), key=_number)

    def _read(self, folder: Path) -> Stored:
        sealed = json.loads((folder / _STATE).read_bytes())
        content = sealed["content"]
        if sealed["sha256"] != _digest(content):
            raise ValueError(f"has another checksum than its {_STATE} says")
        if (content["format"], content["fingerprint"]) != (FORMAT, self._fingerprint):
            raise ValueError("is of another configuration, log or version")
        for name, expected in content["files"].items():
            if sha256(self.folder / name) != expected:
                raise ValueError(f"has another checksum of {name} than its {_STATE} says")
        parts = join(content["parts"], load_file(folder / _TENSORS))
        return Stored(datetime.fromisoformat(content["written_at"]), parts)


def sha256(path: Path) -> str:
    """Checksum of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _number(folder: Path) -> int:
    return int(folder.name.removeprefix("state-"))


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
