"""A registry in a local folder. A file is made by a link to one that is whole, which only one of several can do."""

import errno
import os
import re
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any
from uuid import uuid4

from models.atomic import whole_file, whole_folder
from models.errors import CheckpointError, RegistryError
from models.manifest_file import MANIFEST, manifest_contents
from models.registry.names import HISTORY, is_version_name

_LEFT_EVENT = re.compile(r"\.(\d+)\.json\.[0-9a-f]+\.partial")
_REMOVED = ".pruned"
_CANNOT_LINK = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK})
"""What file systems say that have no links; a full or a broken disk says something else."""


class LocalPlace:
    """See `Place`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.address = str(root)

    def names(self, folder: str) -> list[str]:
        """Of what is in a folder."""
        try:
            return [entry.name for entry in os.scandir(self.root / folder)]
        except FileNotFoundError:
            return []

    def read(self, name: str) -> bytes | None:
        """The contents of a file, if it is there."""
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None

    def create(self, name: str, contents: bytes) -> bool:
        """Make a file that is not there."""
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.{uuid4().hex[:8]}.partial")
        try:
            _write_through(beside, contents)
            # An NFS client that had no answer asks again, and is then refused because of its own first try.
            return _linked(beside, target) or self.read(name) == contents
        finally:
            beside.unlink(missing_ok=True)

    def replace(self, name: str, contents: bytes) -> None:
        """Write a file, whole or not at all."""
        with whole_file(self.root / name) as beside:
            beside.write_bytes(contents)

    def versions(self) -> list[str]:
        """Names of the whole versions, sorted."""
        return sorted(
            name for name in self.names("") if is_version_name(name) and (self.root / name / MANIFEST).is_file()
        )

    def left_of(self, versions: Collection[str]) -> list[str]:
        """Of these names those of which some file is there."""
        return sorted(version for version in versions if (self.root / version).exists())

    def manifest(self, version: str) -> dict[str, Any] | None:
        """What a version says of itself."""
        contents = self.read(f"{version}/{MANIFEST}")
        return None if contents is None else manifest_contents(self.root / version / MANIFEST, contents)

    def verify(self, version: str) -> None:
        """Read all files of a version."""
        _verify(self.root / version)

    def take(self, source: Path) -> None:
        """Copy a local version here."""
        target = self.root / source.name
        if target.exists():
            self._same(source, target)
            return
        try:
            with whole_folder(target) as beside:
                shutil.copytree(source, beside, dirs_exist_ok=True)
                _verify(beside, shown=source)
        except OSError:
            if not target.is_dir():  # where it is, another process was quicker
                raise
            self._same(source, target)

    def remove(self, version: str) -> None:
        """Remove a version: in one step for whoever looks, file by file after that."""
        aside = self.root / f".{version}.{uuid4().hex[:8]}{_REMOVED}"
        try:
            (self.root / version).rename(aside)
        except FileNotFoundError:
            return
        shutil.rmtree(aside, ignore_errors=True)

    def sweep(self, head: int) -> None:
        """Remove what killed writers left."""
        for name in self.names(HISTORY):
            found = _LEFT_EVENT.fullmatch(name)
            if found and int(found[1]) <= head:  # its writer can no longer succeed, alive or not
                (self.root / HISTORY / name).unlink(missing_ok=True)
        for name in self.names(""):
            if name.startswith(".") and name.endswith(_REMOVED):
                shutil.rmtree(self.root / name, ignore_errors=True)

    def _same(self, source: Path, target: Path) -> None:
        if (source / MANIFEST).read_bytes() != self.read(f"{target.name}/{MANIFEST}"):
            raise CheckpointError(
                f"a version is never changed; found another one at {target}: publish to another registry"
            )


def _write_through(file: Path, contents: bytes) -> None:
    with file.open("xb") as opened:
        opened.write(contents)
        opened.flush()
        os.fsync(opened.fileno())


def _linked(beside: Path, target: Path) -> bool:
    """Whether the target is now the file beside."""
    try:
        os.link(beside, target)
    except FileExistsError:
        return False
    except FileNotFoundError:
        if target.exists():  # the winner swept what its number left
            return False
        raise
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        raise RegistryError(
            f"a registry lies on a file system that can link files, for that is how one of two writers succeeds; found "
            f"{error.strerror} at {target.parent}: put it on a local disk, NFS or in an object store"
        ) from None
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


def _verify(version: Path, shown: Path | None = None) -> None:
    from models.checksums import verify_listed
    from models.manifest import read_manifest

    try:
        manifest = read_manifest(version)
        verify_listed(version, manifest, manifest.files)
    except CheckpointError as error:
        raise CheckpointError(str(error).replace(str(version), str(shown or version))) from None
