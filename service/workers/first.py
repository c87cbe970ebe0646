"""The version that workers are forked with."""

import logging
from contextlib import suppress
from importlib import import_module

from service.collector import give_back_memory, spare_what_stays
from service.hashes import remember_few
from service.loaded import Loaded
from service.settings import Settings
from service.swapping.first import first_loaded
from service.workers.memory import num_threads

_USED_BY_WORKERS = ("uvloop", "models.inference.engines.by_onnx")
"""Modules that are imported when they are needed, by each worker again if not before."""
_logger = logging.getLogger(__name__)


class First:
    """A version in one place alone, so that whoever takes it can let it go.

    Args:
        loaded: the version; None where there is none yet.
    """

    def __init__(self, loaded: Loaded | None) -> None:
        self._loaded = loaded

    def __bool__(self) -> bool:
        return self._loaded is not None

    def take(self) -> Loaded | None:
        """The version, which is here no more: a worker that swaps it frees its own view of it."""
        loaded, self._loaded = self._loaded, None
        return loaded

    def let_go(self) -> None:
        """Free it: workers that are forked from now on load what is served then."""
        self._loaded = None
        spare_what_stays()
        give_back_memory()


def in_memory_to_share(settings: Settings) -> Loaded | None:
    """The version to begin with and all that is made of it at first use, in memory that the collector leaves alone.

    A collection writes into every object that it looks at, and a page that is written to is shared no more.

    Raises:
        ThreefoldError, OSError: see `first_loaded`.
    """
    loaded = first_loaded(settings)
    if loaded is not None:
        encoder = loaded.predictor.encoder
        for vocabulary in encoder.fitted.vocabularies.values():
            vocabulary.lookup([""])
        remember_few(encoder)
        encoder.prepare()
    for module in _USED_BY_WORKERS:
        with suppress(ModuleNotFoundError):
            import_module(module)
    if (num_threads() or 1) > 1:
        _logger.debug("workers are forked beside %s threads", num_threads())
    spare_what_stays()
    return loaded
