"""How a reference lies in a checkpoint: one JSON file."""

from pathlib import Path

from pydantic import ValidationError

from models.errors import CheckpointError
from models.reference.reference import Reference

REFERENCE = "reference.json"


def write_reference(folder: Path, reference: Reference) -> None:
    """Write the file into a version that is being made."""
    (folder / REFERENCE).write_text(reference.model_dump_json(), encoding="utf-8")


def read_reference(version: Path) -> Reference | None:
    """The reference of a version on disk; None for one that was written before there was any.

    That the file is as it was written is for `load_checkpoint` to see, which verifies all files.

    Raises:
        CheckpointError: it is there and describes no reference.
    """
    try:
        return Reference.model_validate_json((version / REFERENCE).read_bytes())
    except FileNotFoundError:
        return None
    except (ValidationError, OSError) as error:
        raise CheckpointError(
            f"{version / REFERENCE} must describe a training window; found: {error}: restore or retrain it"
        ) from None
