"""A log in an object store, through Arrow's file systems. Whatever goes wrong there is a DataError, soon."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyarrow.fs import AwsStandardS3RetryStrategy, FileInfo, FileSelector, FileSystem, FileType, S3FileSystem

from models.errors import DataError
from models.storage.location import Location, parsed, s3_endpoint, s3_region
from models.storage.trouble import trouble

_CONNECT_SECONDS = 5
_REQUEST_SECONDS = 15
_ATTEMPTS = 4
_GS_RETRY_SECONDS = 30


@dataclass(frozen=True)
class Remote:
    """A place in an object store.

    Attributes:
        location: what its URL says.
        filesystem: of Arrow.
        root: path of the bucket in the file system.
    """

    location: Location
    filesystem: FileSystem
    root: str

    @classmethod
    def at(cls, url: str) -> "Remote":
        """The place of a URL.

        Raises:
            ConfigError: the URL breaks a rule.
            DataError: Arrow knows no such store.
        """
        location = parsed(url)
        with _asked(str(location)):
            filesystem, root = _opened(location)
        return cls(location, filesystem, root.rstrip("/"))

    @property
    def path(self) -> str:
        """Where it is in the file system."""
        return f"{self.root}/{self.location.path}".rstrip("/")

    def url(self, path: str) -> str:
        """The URL of a path in the file system, without the settings in its query."""
        return f"{self.location.scheme}://{self.location.authority}{path.removeprefix(self.root)}"

    def file(self) -> FileInfo | None:
        """The place itself, where it is a file.

        Raises:
            DataError: the store does not answer or refuses, as for every other method.
        """
        with _asked(str(self.location)):
            info = self.filesystem.get_file_info(self.path)
        return info if info.type is FileType.File else None

    def below(self, folder: str) -> list[FileInfo]:
        """All files below a folder; none where it is not there.

        Raises:
            DataError: there is no such bucket.
        """
        with _asked(str(self.location)):
            found = self.filesystem.get_file_info(FileSelector(folder, allow_not_found=True, recursive=True))
            if not found and self.filesystem.get_file_info(self.root).type is FileType.NotFound:
                raise OSError("no such bucket")
        return [info for info in found if info.type is FileType.File]

    def read(self, name: str) -> tuple[str, bytes] | None:
        """A file in this folder, with its URL; None where there is none."""
        path = f"{self.path}/{name}"
        with _asked(self.url(path)):
            if self.filesystem.get_file_info(path).type is not FileType.File:
                return None
            with self.filesystem.open_input_file(path) as file:
                return self.url(path), file.read()


@contextmanager
def _asked(url: str) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise DataError(trouble(url, error)) from None


def _opened(location: Location) -> tuple[FileSystem, str]:
    """The file system, and the path of the bucket in it."""
    if location.scheme == "s3":
        return _s3(location), location.authority
    query = {**location.query, **({"retry_limit_seconds": str(_GS_RETRY_SECONDS)} if location.scheme == "gs" else {})}
    try:
        filesystem, root = FileSystem.from_uri(str(Location(location.scheme, location.authority, "", query)))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise DataError(
            f"a log lies in a local folder or in a store that Arrow reads: s3, gs, abfs or hdfs; found "
            f"{location.scheme}:// : correct the URL, or install a pyarrow that has it"
        ) from None
    return filesystem, str(root)


def _s3(location: Location) -> FileSystem:
    """Made here and not by `from_uri`: that waits for minutes where nobody answers."""
    endpoint = s3_endpoint(location)
    options: dict[str, Any] = {} if endpoint is None else {"scheme": endpoint[0], "endpoint_override": endpoint[1]}
    return S3FileSystem(
        region=s3_region(location),
        connect_timeout=_CONNECT_SECONDS,
        request_timeout=_REQUEST_SECONDS,
        retry_strategy=AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
        **options,
    )
