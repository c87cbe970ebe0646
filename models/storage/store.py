"""The few things that checkpoints ask of an object store, through fsspec, which every installation of torch brings.

Why fsspec and not Arrow's file systems, which read the logs: Arrow takes 170 MB in an image that only serves, s3fs and
what it needs 45 MB; and fsspec's stores are chosen by installing one.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path

from models.errors import StoreError, ThreefoldError
from models.storage.location import Location
from models.storage.opened import opened
from models.storage.trouble import known_trouble, trouble

_CONFLICT = re.compile("conflicting operation|ConditionalRequestConflict")
"""S3's answer to the second of two conditional writes while the first is still being made."""
_PIECE_BYTES = 8 * 1024 * 1024


class Store:
    """A folder in an object store.

    Raises:
        ConfigError: the library for this kind of store is not installed, there is none, or the URL does not suit it.
    """

    def __init__(self, location: Location) -> None:
        self.location = location
        with _asked(location):
            self._files, self._root = opened(location)

    def below(self, name: str) -> "Store":
        """A folder in it, over the same connections."""
        store = copy(self)
        store.location, store._root = self.location.below(name), self._path(name)
        return store

    def folders(self) -> list[str]:
        """Names of the folders in it; none where it is not there.

        Raises:
            StoreError: the store does not answer or refuses, as for every other method.
        """
        return self._names("directory")

    def files(self) -> list[str]:
        """Names of the files in it; none where it is not there."""
        return self._names("file")

    def has(self, name: str) -> bool:
        """Whether there is a file of that name."""
        with _asked(self.location.below(name)):
            try:
                return bool(self._files.info(self._path(name))["type"] == "file")
            except FileNotFoundError as error:
                _check_bucket(error)
                return False

    def has_files(self) -> bool:
        """Whether there is any file in it, or in folders in it; some stores keep a folder when its files are gone."""
        with _asked(self.location):
            found = self._files.find(self._root, detail=True)
        return any(entry["type"] == "file" for entry in found.values())

    def read(self, name: str) -> bytes | None:
        """The contents of a file; None where there is none."""
        with _asked(self.location.below(name)):
            try:
                return bytes(self._files.cat_file(self._path(name)))
            except FileNotFoundError as error:
                _check_bucket(error)
                return None

    def sha256(self, name: str) -> str:
        """The digest of a file as the store gives it back."""
        digest = hashlib.sha256()
        with _asked(self.location.below(name)), self._files.open(self._path(name), "rb", cache_type="none") as file:
            while piece := file.read(_PIECE_BYTES):
                digest.update(piece)
        return digest.hexdigest()

    def download(self, name: str, target: Path) -> None:
        """Copy a file to a local path."""
        with _asked(self.location.below(name)):
            self._files.get_file(self._path(name), str(target))

    def upload(self, source: Path, name: str) -> None:
        """Copy a local file to the store, which shows it once it has all of it."""
        with _asked(self.location.below(name)):
            self._files.put_file(str(source), self._path(name))

    def write(self, name: str, contents: bytes) -> None:
        """Write a small file, whole or not at all."""
        with _asked(self.location.below(name)):
            self._files.pipe_file(self._path(name), contents)

    def create(self, name: str, contents: bytes) -> bool:
        """Write a small file that is not there; False where it is.

        Only as good as the store: some take the condition and pass it by (models/registry/remote.py finds out). False
        may also mean that an answer was lost and the file is ours; its contents tell.
        """
        with _asked(self.location.below(name)):
            try:
                self._files.pipe_file(self._path(name), contents, mode="create")
            except Exception as error:  # each store has an error of its own for a condition that does not hold
                if self.has(name) or _CONFLICT.search(str(error)):
                    return False
                raise
        return True

    def remove_all(self) -> None:
        """Remove all files in it, and in folders in it."""
        with _asked(self.location):
            try:
                self._files.rm(self._root, recursive=True)
            except FileNotFoundError as error:
                _check_bucket(error)

    def remove(self, name: str) -> None:
        """Remove a file."""
        with _asked(self.location.below(name)):
            self._files.rm_file(self._path(name))

    def _names(self, kind: str) -> list[str]:
        with _asked(self.location):
            try:
                found = self._files.ls(self._root, detail=True)
            except FileNotFoundError as error:
                _check_bucket(error)
                return []
        names = (entry["name"].rstrip("/").rpartition("/")[2] for entry in found if entry["type"] == kind)
        return sorted(name for name in names if not name.startswith("."))

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


@contextmanager
def _asked(location: Location) -> Iterator[None]:
    try:
        yield
    except ThreefoldError:
        raise
    except Exception as error:  # each kind of store has its own tree of errors, in a library that may not be here
        raise StoreError(trouble(str(location), error)) from None


def _check_bucket(error: FileNotFoundError) -> None:
    """What is not there is an answer; a bucket that is not there is trouble."""
    if known_trouble("", error):
        raise error
