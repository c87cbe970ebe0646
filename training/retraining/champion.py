"""The version that a channel points at, and which partitions it was made of."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.checkpoint import GROWTH, load_checkpoint
from models.errors import CheckpointError, ConfigError, StoreError
from models.manifest import Manifest
from models.predictor import Predictor
from models.registry import Registry
from models.storage.fetch import local_copy
from training.config import Config
from training.growth.compatible import check_compatible
from training.retraining.partition import Span, spans


@dataclass(frozen=True)
class Champion:
    """What serves.

    Attributes:
        version: its name.
        manifest: what it says of itself.
    """

    version: str
    manifest: Manifest

    def seen(self, column: str) -> list[Span]:
        """Partitions that it was trained, calibrated or measured on, oldest first; none where it does not say."""
        found = self._data.get("partitions") or {}
        return spans(column, found["values"]) if found.get("column") == column else []

    def trained_on(self, column: str) -> list[Span]:
        """Those among them that it was trained on."""
        seen = self.seen(column)
        validation_from = self._data.get("split", {}).get("validation_from")
        start = next((span.start for span in seen if span.value == validation_from), None)
        return [span for span in seen if start is not None and span.start < start]

    def cannot_grow(self, config: Config) -> str | None:
        """Why a configuration cannot train it on; None where it can."""
        if not any(name.startswith(GROWTH) for name in self.manifest.files):
            return f"{self.version} kept nothing to be trained on with ([training.growth])"
        try:
            check_compatible(self.version, self.manifest.model, config.model_part())
        except ConfigError as error:
            return str(error)
        return None

    @property
    def _data(self) -> dict[str, Any]:
        """The section [data] that it was trained with."""
        return dict(self.manifest.training.get("config", {}).get("data", {}))


def champion_of(registry: Registry, channel: str) -> Champion | None:
    """The champion of a channel; None where there is none yet. Only its manifest is read.

    Raises:
        CheckpointError, RegistryError: it cannot be read.
    """
    version = registry.version_of(channel)
    if version is None:
        return None
    return Champion(version, Manifest.model_validate(registry.known(version)))


def load_champion(registry: Registry, version: str) -> tuple[Path, tuple[Predictor, Manifest]]:
    """Its folder, fetched where it lies in an object store, and what is in it.

    Raises:
        CheckpointError: it is not as it was written.
    """
    try:
        place = local_copy(registry.place_of(version), without=GROWTH)
        return place, load_checkpoint(place)
    except StoreError:
        raise
    except CheckpointError as error:
        raise CheckpointError(
            f"a candidate is held against the champion, which has to load; {version} does not: {error}. Let another "
            f"version serve: threefold models rollback"
        ) from None
