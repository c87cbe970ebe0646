"""The local folder of versions on their way from and to an object store."""

import os
from pathlib import Path

FOLDER = Path(".threefold/versions")


def local_versions() -> Path:
    """The folder of the environment variable THREEFOLD_VERSIONS, else `.threefold/versions`."""
    return Path(os.environ.get("THREEFOLD_VERSIONS") or FOLDER)
