"""The reference of a version that is about to be served."""

import logging
from pathlib import Path

from models.errors import CheckpointError
from models.manifest import Manifest
from models.reference import Reference, read_reference

_logger = logging.getLogger(__name__)


def reference_of(version: Path, manifest: Manifest) -> Reference | None:
    """What the version knows of its own rows; None where it has nothing, or nothing that can be read.

    A version serves without it as well, so one that cannot be read is logged and costs the comparison alone.
    """
    try:
        return read_reference(version)
    except CheckpointError as error:
        _logger.warning("predictions of version=%s are compared with nothing: %s", manifest.version, error)
        return None
