"""What growth adds to the one pass over a training window: before it, while it runs, and after it."""

from collections.abc import Iterator

from models.config import ModelConfig
from training.data.reader import Chunk
from training.fitting.fit import FittedData
from training.fitting.past_totals import PastTotals
from training.growth.ages import Ages
from training.growth.config import GrowthConfig
from training.growth.grow import grow, with_inheritance
from training.growth.last_seen import LastSeenFit
from training.growth.parent import Parent


class Growing:
    """Nothing, where neither a parent is given nor later runs are to grow from this one.

    Args:
        model: of the run.
        settings: what is kept for later runs; None where nothing is.
        parent: what is trained on; None where the run starts from random weights.
    """

    def __init__(self, model: ModelConfig, settings: GrowthConfig | None, parent: Parent | None) -> None:
        self._model = model
        self._settings = settings
        self._parent = parent
        self._seen = None if settings is None else LastSeenFit(model)

    @property
    def needs_times(self) -> bool:
        """Whether chunks have to carry the times of their rows."""
        return self._seen is not None

    @property
    def key(self) -> dict[str, str | None]:
        """What the fitted data depend on beside the window and the model: part of a cache's fingerprint."""
        return {
            "parent": None if self._parent is None else self._parent.version,
            "growth": None if self._settings is None else self._settings.evict_after or "kept",
        }

    @property
    def carried(self) -> tuple[PastTotals, ...]:
        """Sums that past rates go on from."""
        held = None if self._parent is None else self._parent.inheritance
        return () if held is None else held.past

    def watching(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """The same chunks."""
        return chunks if self._seen is None else self._seen.watching(chunks)

    def finished(self, data: FittedData) -> FittedData:
        """What was fitted of the window, with old ids, without stale ones, and with what later runs grow from.

        Raises:
            ConfigError: a vocabulary has no room for the parent's ids.
        """
        ages = None
        if self._seen is not None and self._settings is not None:
            ages = Ages(self._seen, self._parent, self._settings.evict_after_days)
        if self._parent is not None:
            data = grow(data, self._model, self._parent, ages)
        return data if ages is None else with_inheritance(data, self._model, ages)
