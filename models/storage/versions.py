"""Where a training's versions go: a folder, or a URL with a local folder before it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from models.atomic import check_writable
from models.errors import CheckpointError, ThreefoldError
from models.storage.folder import local_versions
from models.storage.location import is_url, local_file
from models.storage.publish import check_publishable, published


@dataclass(frozen=True)
class VersionsFolder:
    """The folder that new versions are written to.

    Attributes:
        local: where they are written.
        url: where they are sent then; None where `local` is the place itself.
    """

    local: Path
    url: str | None = None

    @classmethod
    def at(cls, place: str) -> "VersionsFolder":
        """The folder of a path or a URL."""
        if not is_url(place):
            return cls(Path(place))
        local = local_file(place)
        return cls(local) if local is not None else cls(local_versions() / "trained", place)

    def check(self) -> None:
        """See that a version could be written: before hours of training, not after.

        Raises:
            OSError, CheckpointError, ConfigError: it could not.
        """
        check_writable(self.local)
        if self.url is not None:
            check_publishable(self.url)

    def published(self, version: Path) -> str:
        """Send a version to where it belongs and return its place there; the local copy is removed.

        Raises:
            CheckpointError: it could not be sent; the local copy is kept and named.
        """
        if self.url is None:
            return str(version)
        try:
            place = published(version, self.url)
        except ThreefoldError as error:
            raise CheckpointError(
                f"{error}. The version is whole in {version}; send it with: threefold publish {version} '{self.url}'"
            ) from None
        shutil.rmtree(version)
        return place
