"""How a model is retrained: from which partitions, judged how, and where it goes."""

import re
from typing import Literal

from pydantic import Field

from models.errors import ConfigError
from models.frozen import Frozen
from models.names import ColumnName
from training.data.config import DataConfig
from training.retraining.checks.config import ChecksConfig
from training.retraining.complete import Completeness, LaterConfig
from training.retraining.gates.config import GatesConfig

_LENGTH = re.compile(r"^[1-9]\d{0,3}[dh]$")


class RetrainConfig(Frozen):
    """The section [retrain]: what `threefold retrain` does with the newest logs (docs/retraining.md)."""

    registry: str | None = Field(default=None, min_length=1)
    """A folder or a URL of one in an object store; `--registry` overrides it."""
    channel: str = Field(default="production", min_length=1)
    """What it points at is the champion, which a better candidate replaces."""
    partition: ColumnName = "date"
    """Column of the folders by which new data is found. Its values are days, `2026-01-13` or `20260113`, or hours,
    `2026-01-13T05`, `2026-01-13-05` or `2026011305`."""
    complete: Completeness = LaterConfig()
    """When a partition is complete; others are not read."""
    train_window: str = Field(default="30d", pattern=_LENGTH.pattern)
    """How far the training window reaches back from the validation window. The lengths of validation and test window
    are those of `[data.split]`, counted in partitions that are there."""
    leave_out: tuple[str, ...] = ()
    """Partitions that are never read, because one knows that they are bad."""
    start: Literal["scratch", "champion"] = "scratch"
    """Train from random weights on the whole training window, or train the champion on with the partitions that it
    has not trained on; the latter needs `[training.growth]`."""
    first: Literal["promote", "hold"] = "promote"
    """What becomes of a candidate that passed while the channel has no champion."""
    keep: int = Field(default=5, ge=1)
    """Newest versions that stay in the registry; the champion, the one before it and pinned ones always do."""
    work: str = Field(default="retraining", min_length=1)
    """Folder of runs and their reports; one for each model, and it has to survive restarts. A local path."""
    keep_runs: int = Field(default=30, ge=1)
    """Newest runs whose reports stay in the folder."""
    checks: ChecksConfig = ChecksConfig()
    """When new partitions are not trained on."""
    gates: GatesConfig = GatesConfig()
    """When a candidate is held."""


def check_retrainable(settings: RetrainConfig | None, data: DataConfig, *, grows: bool) -> None:
    """Refuse a section [retrain] that the rest of a configuration makes no sense of; None is no section.

    A plan names its partitions and starts, so the very configuration that a run trains with has both.

    Raises:
        ConfigError: the split has no lengths, or the champion would keep nothing to be trained on with.
    """
    if settings is None:
        return
    if data.split.validation is None and data.partitions is None:
        raise ConfigError(
            "windows of a retraining follow the newest partition; found [data.split] with starts and a section "
            '[retrain]: set lengths, validation = "1d" and test = "1d"'
        )
    if settings.start == "champion" and not grows:
        raise ConfigError(
            'a champion that is trained on keeps what that takes; found [retrain] start = "champion" without '
            '[training.growth]: add that section, or set start = "scratch"'
        )
