"""A version in memory, before anything is made of it."""

from dataclasses import dataclass
from pathlib import Path

from models.checkpoint import GROWTH, find_version, load_checkpoint
from models.manifest import Manifest
from models.predictor import Predictor
from models.reference import Reference
from models.storage.fetch import local_copy
from service.distributions.reference import reference_of


@dataclass(frozen=True)
class Loaded:
    """What was read and verified.

    Attributes:
        predictor: encoder, network and calibrations.
        manifest: what the version says of itself.
        reference: of its training window; None where it has none.
    """

    predictor: Predictor
    manifest: Manifest
    reference: Reference | None


def name_and_version(manifest: Manifest | None) -> tuple[str, str]:
    """For the log; `none` where nothing is served yet."""
    return ("none", "none") if manifest is None else (manifest.name, manifest.version)


def load(place: Path | str) -> Loaded:
    """Read and verify a version, or the newest in a folder of versions; from a URL it is fetched first.

    Raises:
        CheckpointError, ConfigError: see `load_checkpoint`.
    """
    version = find_version(local_copy(place, without=GROWTH))
    predictor, manifest = load_checkpoint(version)
    return Loaded(predictor, manifest, reference_of(version, manifest))
