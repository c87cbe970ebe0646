"""URLs of object stores: what they say, and what they may not say. Nothing is imported or asked to read one."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from models.errors import ConfigError

_URL = re.compile(r"^[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_S3 = frozenset({"endpoint_override", "region", "scheme"})
_QUERIES: Mapping[str, frozenset[str]] = {
    "s3": _S3,
    "gs": frozenset({"endpoint_override", "scheme"}),
    "abfs": frozenset({"blob_storage_authority", "dfs_storage_authority", "enable_tls"}),
    "abfss": frozenset({"blob_storage_authority", "dfs_storage_authority", "enable_tls"}),
    "hdfs": frozenset({"user", "replication"}),
}
"""By scheme, the names that a query may hold: Arrow's own, without those that carry a secret.

A configuration is stored with the checkpoint and shown in its report, so a secret in a URL would be published.
"""


@dataclass(frozen=True)
class Location:
    """A place in an object store.

    Attributes:
        scheme: such as s3.
        authority: the bucket, or container@account.
        path: below it, without slashes at its ends.
        query: the store's settings.
    """

    scheme: str
    authority: str
    path: str
    query: Mapping[str, str]

    def __str__(self) -> str:
        """The URL; it holds nothing secret."""
        path = f"/{quote(self.path, safe='/=*[]')}" if self.path else ""
        query = f"?{urlencode(self.query, safe=':/')}" if self.query else ""
        return f"{self.scheme}://{self.authority}{path}{query}"

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def below(self, name: str) -> "Location":
        """A place further down."""
        return replace(self, path=f"{self.path}/{name}" if self.path else name)


def is_url(place: object) -> bool:
    """Whether a place is in an object store; a `file://` URL is one too."""
    return isinstance(place, str) and _URL.match(place) is not None


def place(text: object) -> object:
    """A local path as a path, a URL as the text that it is; a path would lose one of its slashes."""
    return Path(text) if isinstance(text, str) and not is_url(text) else text


def parsed(url: str) -> Location:
    """What a URL says.

    Raises:
        ConfigError: it names no bucket, holds credentials, or asks for something unknown.
    """
    parts = urlsplit(url)
    scheme, authority = parts.scheme.lower(), parts.netloc
    user, _, host = authority.rpartition("@")
    if (scheme == "s3" and user) or ":" in user:
        raise ConfigError(
            f"a URL holds no credentials, for it is stored with the checkpoint; found some in the one of {scheme}://"
            f"{host}: remove them and set the environment variables of the store (docs/storage.md)"
        )
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    allowed = _QUERIES.get(scheme, frozenset())
    if unknown := sorted(set(query) - allowed):
        raise ConfigError(
            f"the query of a {scheme}:// URL holds {', '.join(sorted(allowed)) or 'nothing'}; found "
            f"{', '.join(unknown)} in the one of {scheme}://{host}: remove it; secrets belong into environment "
            f"variables, and `?` is no wildcard in a URL"
        )
    path = unquote(parts.path).strip("/")
    if parts.fragment or not (authority or path) or {".", ".."} & set(path.split("/")):
        raise ConfigError(
            f"a URL names a bucket and a path in it, such as s3://bucket/folder; found {scheme}://{host}{parts.path}"
            f": correct it"
        )
    return Location(scheme, authority, path, query)


def within(place: str, name: str) -> str:
    """The place of something in a folder."""
    return str(parsed(place).below(name)) if is_url(place) else str(Path(place) / name)


def local_file(url: str) -> Path | None:
    """The path of a `file://` URL; None for every other one."""
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme.lower() == "file" else None


def s3_endpoint(location: Location) -> tuple[str, str] | None:
    """Protocol and address of an S3 service that is not Amazon's: from the query, else from AWS_ENDPOINT_URL."""
    variables = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    given = location.query.get("endpoint_override") or next(filter(None, map(os.environ.get, variables)), None)
    if given is None:
        return None
    protocol, separator, address = given.rpartition("://")
    return location.query.get("scheme") or (protocol if separator else "https"), address.rstrip("/")


def s3_region(location: Location) -> str | None:
    """The region that is asked for; None leaves it to the profile of the machine."""
    return location.query.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
