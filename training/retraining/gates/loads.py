"""A candidate has to load as the service would load it."""

from pathlib import Path

from models.checkpoint import load_checkpoint
from models.errors import CheckpointError
from models.manifest import Manifest
from models.predictor import Predictor
from training.retraining.observation import Observation


def loaded(version: Path | str) -> tuple[tuple[Predictor, Manifest] | None, Observation]:
    """A version and what was seen of it: checksums, format, and weights that are finite.

    Returns:
        Predictor and manifest, None where it is refused; and the observation, which says why.
    """
    try:
        found = load_checkpoint(version)
    except CheckpointError as error:
        return None, Observation.of("loads", None, 1, 0, False, str(error))
    return found, Observation.of("loads", None, 0, 0, True, "all files are as they were written, all weights finite")
