"""A registry in an object store.

A file is made by a write on the condition that there is none, which S3, Google's and Azure's stores decide themselves.
Some that speak like S3 take the condition and pass it by, and for other kinds fsspec looks first and writes then, which
two writers may do at once; those are refused.
"""

from collections.abc import Collection
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from models.errors import CheckpointError, RegistryError
from models.manifest_file import MANIFEST, manifest_contents
from models.registry.names import is_version_name
from models.storage.location import parsed
from models.storage.store import Store

_DECIDE = {"s3", "gs", "abfs", "abfss", "memory"}
"""Schemes whose libraries hand the condition to the store; that of `memory` is this process."""


class RemotePlace:
    """See `Place`."""

    def __init__(self, url: str) -> None:
        self._store = Store(parsed(url))
        self.address = str(self._store.location)

    def names(self, folder: str) -> list[str]:
        """Of the files in a folder."""
        return self._store.below(folder).files()

    def read(self, name: str) -> bytes | None:
        """The contents of a file, if it is there."""
        return self._store.read(name)

    def create(self, name: str, contents: bytes) -> bool:
        """Make a file that is not there."""
        if not self._is_exclusive:
            raise RegistryError(
                f"a registry lies in a store that writes a file on the condition that it is not there, for that is "
                f"how one of two writers succeeds; found that {self.address} overwrites: use a newer release of the "
                f"store and of s3fs, another store, or a folder"
            )
        # A client that had no answer asks again, and is then refused because of its own first try.
        return self._store.create(name, contents) or self._store.read(name) == contents

    def replace(self, name: str, contents: bytes) -> None:
        """Write a file, whole or not at all."""
        self._store.write(name, contents)

    def versions(self) -> list[str]:
        """Names of the whole versions, sorted."""
        folders = filter(is_version_name, self._store.folders())
        return [name for name in folders if self._store.has(f"{name}/{MANIFEST}")]

    def left_of(self, versions: Collection[str]) -> list[str]:
        """Of these names those of which some file is there."""
        there = sorted(set(versions) & set(self._store.folders()))
        return [version for version in there if self._store.below(version).has_files()]

    def manifest(self, version: str) -> dict[str, Any] | None:
        """What a version says of itself."""
        contents = self.read(f"{version}/{MANIFEST}")
        return None if contents is None else manifest_contents(f"{self.address}/{version}/{MANIFEST}", contents)

    def verify(self, version: str) -> None:
        """Read all files of a version."""
        manifest, store = self.manifest(version) or {"files": {}}, self._store.below(version)
        for name, expected in manifest["files"].items():
            if not store.has(name):
                raise CheckpointError(f"{store.location} must hold {name}, which is missing: publish it again")
            if store.sha256(name) != expected:
                raise CheckpointError(
                    f"{name} of {store.location} must have the SHA-256 of its manifest, {expected[:12]}...; found "
                    f"another: it was altered; remove the version and publish it again"
                )

    def take(self, source: Path) -> None:
        """Copy a local version here."""
        from models.storage.publish import published

        published(source, self.address)

    def remove(self, version: str) -> None:
        """Remove a version: the manifest first, for without it there is no version."""
        store = self._store.below(version)
        if store.has(MANIFEST):
            store.remove(MANIFEST)
        store.remove_all()

    def sweep(self, head: int) -> None:
        """There is nothing to sweep: a write is whole or not there, and a removed version is a name in the state."""

    @cached_property
    def _is_exclusive(self) -> bool:
        """Whether the store refuses to make a file that is there. Asked once, before the first change."""
        if self._store.location.scheme not in _DECIDE:
            return False
        name = f".{uuid4().hex[:8]}.probe"
        try:
            return self._store.create(name, b"first") and not self._store.create(name, b"second")
        finally:
            if self._store.has(name):
                self._store.remove(name)
