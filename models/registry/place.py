"""The few things that a registry asks of where it lies. Names are relative, with `/` between their parts."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Protocol

from models.storage.location import is_url, local_file


class Place(Protocol):
    """A folder, or a folder in an object store.

    Raises:
        OSError, CheckpointError, ConfigError: of each method, where it may not be read or written, or a store does not
            answer.
    """

    address: str
    """The path or the URL."""

    def names(self, folder: str) -> list[str]:
        """Of the files in a folder; none where it is not there."""

    def read(self, name: str) -> bytes | None:
        """The contents of a file; None where there is none."""

    def create(self, name: str, contents: bytes) -> bool:
        """Make a file that is not there; False, and nothing is changed, where it is.

        It is whole as soon as it is there, and of two who make it at once one succeeds.

        Raises:
            RegistryError: that cannot be had here.
        """

    def replace(self, name: str, contents: bytes) -> None:
        """Write a file, whole or not at all."""

    def versions(self) -> list[str]:
        """Names of the whole versions, sorted."""

    def left_of(self, versions: Collection[str]) -> list[str]:
        """Of these names, sorted, those of which some file is there, whole or not."""

    def manifest(self, version: str) -> dict[str, Any] | None:
        """What a version says of itself, verified by its digest; None where it is not there or not whole.

        Raises:
            CheckpointError: it was altered, or is of another format.
        """

    def verify(self, version: str) -> None:
        """Read all files of a version.

        Raises:
            CheckpointError: one is missing or altered.
        """

    def take(self, source: Path) -> None:
        """Copy a local version here; it appears whole or not at all, and is left alone where it is already.

        Raises:
            CheckpointError: it is not whole, or another one of its name is here.
        """

    def remove(self, version: str) -> None:
        """Remove a version, or what is left of it; from the first moment on nothing takes it for one."""

    def sweep(self, head: int) -> None:
        """Remove what killed writers left of events up to this number and of removed versions."""


def place_at(place: str | Path) -> Place:
    """The place of a path or a URL."""
    from models.registry.local import LocalPlace
    from models.registry.remote import RemotePlace

    if isinstance(place, Path) or not is_url(place):
        return LocalPlace(Path(place))
    local = local_file(place)
    return RemotePlace(place) if local is None else LocalPlace(local)
