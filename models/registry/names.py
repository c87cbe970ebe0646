"""The rules for names of versions and channels: each is a folder's or a file's name, here and in an object store."""

import re
from pathlib import Path
from typing import Any

from models.errors import CheckpointError, RegistryError
from models.manifest_file import MANIFEST, manifest_contents

HISTORY = "history"
CHANNELS = "channels"
PRODUCTION = "production"
"""The channel that is meant where none is named."""

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_CHANNEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def is_version_name(name: str) -> bool:
    """Whether a folder of this name may be a version."""
    return _VERSION.fullmatch(name) is not None and name not in {HISTORY, CHANNELS}


def checked_version(name: str) -> str:
    """The name.

    Raises:
        RegistryError: it is no name of a version.
    """
    if not is_version_name(name):
        raise RegistryError(
            f"a version is named by letters, digits, dots, dashes and underscores, beginning with a letter or a digit; "
            f"found {name!r}: give the name alone, such as 20260114T031502.590Z-5f0c2a9b"
        )
    return name


def checked_channel(name: str) -> str:
    """The name.

    Raises:
        RegistryError: it is no name of a channel.
    """
    if not _CHANNEL.fullmatch(name):
        raise RegistryError(
            f"a channel is named by lower case letters, digits, dashes and underscores; found {name!r}: name it "
            f"{PRODUCTION}, for example"
        )
    return name


def of_its_folder(manifest: dict[str, Any], folder: str) -> dict[str, Any]:
    """The manifest, if it is that of the version that the folder is named by: answers name their version by it.

    Raises:
        RegistryError: it is another one's.
    """
    if manifest.get("version") != folder:
        raise RegistryError(
            f"a version lies in a folder of its name; found {manifest.get('version')} in {folder}: rename the folder"
        )
    return manifest


def local_name(version: Path) -> str:
    """The name of a local version.

    Raises:
        CheckpointError: it is no version.
        RegistryError: it lies in a folder of another name.
    """
    folder = version.resolve()
    file = folder / MANIFEST
    if not file.is_file():
        raise CheckpointError(f"a version is a folder with {MANIFEST}; found none at {version}: name another folder")
    of_its_folder(manifest_contents(file, file.read_bytes()), folder.name)
    return checked_version(folder.name)
