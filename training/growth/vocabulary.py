"""One vocabulary, grown: old ids in their order, then the new ones, the most frequent first."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.errors import ConfigError
from models.features.vocabulary import UNKNOWN, LearnedVocabulary, LearnedVocabularyConfig

Stale = Callable[[Sequence[str]], NDArray[np.bool_]]
"""Whether each id was not seen for too long, [ids]."""


def grown(
    name: str, old: LearnedVocabulary, found: Sequence[str], config: LearnedVocabularyConfig, are_stale: Stale
) -> LearnedVocabulary:
    """Grow the vocabulary of a feature or cross.

    Args:
        name: of the feature or cross that owns it.
        old: the parent's.
        found: ids that the new training window has often enough, the most frequent first.
        config: its settings; `max_size` holds for old and new ids together, and new ones take what room there is.
        are_stale: tells ids that are to go, and new ones that are not to come.

    Raises:
        ConfigError: `max_size` has no room for the ids that are there.
    """
    kept = _chosen(old.values, ~are_stale(old.values))
    if config.max_size is not None and len(kept) > config.max_size:
        raise ConfigError(
            f"`max_size` of a vocabulary that grows has room for the ids that it holds; '{name}' has max_size = "
            f"{config.max_size:,} and {len(kept):,} ids from its parent: raise it, or shorten "
            f"[training.growth] evict_after"
        )
    new = _chosen(found, (old.lookup(found) == UNKNOWN) & ~are_stale(found))
    room = len(new) if config.max_size is None else config.max_size - len(kept)
    return LearnedVocabulary([*kept, *new[:room]])


def none_is_stale(values: Sequence[str]) -> NDArray[np.bool_]:
    """For vocabularies that hold ids forever."""
    return np.zeros(len(values), dtype=bool)


def _chosen(values: Sequence[str], chosen: NDArray[np.bool_]) -> list[str]:
    return [value for value, is_chosen in zip(values, chosen.tolist(), strict=True) if is_chosen]
