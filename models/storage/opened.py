"""The file systems of object stores, one for each store and identity in a process, which stays open.

One that is let go would be closed by the collector, wherever it runs: s3fs closes its connections on the event loop of
that thread, which in a service is not its own.
"""

import os
from functools import cache
from hashlib import sha256
from typing import Any

from models.errors import ConfigError
from models.storage.location import Location, s3_endpoint, s3_region

_CONNECT_SECONDS = 5
_READ_SECONDS = 30
_EXTRAS = {"s3": "threefold[object-store]", "gs": "gcsfs", "abfs": "adlfs", "abfss": "adlfs"}
_IDENTITY = ("AWS_", "AZURE_", "GOOGLE_")
"""Variables that begin so say who asks, and where."""


def opened(location: Location) -> tuple[Any, str]:
    """The file system of a location, and the folder's path in it.

    Raises:
        ConfigError: the library for this kind of store is not installed, there is none, or the URL does not suit it.
    """
    if location.query and location.scheme != "s3":
        raise ConfigError(
            f"only an s3:// URL of checkpoints holds settings; found some in {location}: remove them and set the "
            f"environment variables of the store"
        )
    endpoint, region = (s3_endpoint(location), s3_region(location)) if location.scheme == "s3" else (None, None)
    try:
        files = file_system(location.scheme, location.authority, endpoint, region, _identity())
    except ImportError:
        install = _EXTRAS.get(location.scheme, "fsspec's library for it")
        raise ConfigError(
            f"checkpoints in an object store need a library for it; found none for {location.scheme}:// : "
            f"pip install '{install}'"
        ) from None
    except ValueError:
        raise ConfigError(
            f"a checkpoint lies in a local folder or in a store that fsspec knows, such as s3, gs or abfs; found "
            f"{location}: correct the URL"
        ) from None
    root: str = files._strip_protocol(f"{location.scheme}://{location.authority}/{location.path}")  # as fsspec itself
    return files, root.rstrip("/")


@cache
def file_system(
    scheme: str, authority: str, endpoint: tuple[str, str] | None, region: str | None, identity: tuple[int, str]
) -> Any:
    """A file system for these alone.

    Args:
        scheme: of the store.
        authority: the bucket, or what a store has in its place.
        endpoint: protocol and address of an S3 service that is not Amazon's.
        region: of an S3 service.
        identity: whose it is: connections of another process, or in another name, are not shared.
    """
    import fsspec

    options: dict[str, Any] = {"skip_instance_cache": True, "use_listings_cache": False}
    if scheme == "s3":
        options["client_kwargs"] = {"endpoint_url": "://".join(endpoint) if endpoint else None, "region_name": region}
        options["config_kwargs"] = {
            "connect_timeout": _CONNECT_SECONDS,
            "read_timeout": _READ_SECONDS,
            "retries": {"total_max_attempts": 1},  # s3fs tries five times itself; the two would multiply
        }
    return fsspec.url_to_fs(f"{scheme}://{authority}/", **options)[0]


def _identity() -> tuple[int, str]:
    """The process, and a digest of the environment's credentials."""
    said = sorted((name, value) for name, value in os.environ.items() if name.startswith(_IDENTITY))
    return os.getpid(), sha256(repr(said).encode(errors="surrogateescape")).hexdigest()
