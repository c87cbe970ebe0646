"""The section [data.cache]: where encoded rows lie, and how many."""

import os
from pathlib import Path

from pydantic import Field

from models.frozen import Frozen

VARIABLE = "THREEFOLD_CACHE"


class CacheConfig(Frozen):
    """Encoded rows on disk, so that a log is fitted and encoded once and not in every run and pass."""

    enabled: bool = True
    """Keep encoded rows for later runs; without, they lie in a temporary folder that goes with the run."""
    folder: str = Field(default=".threefold/cache", min_length=1)
    """Where; may be deleted at any time. The environment variable THREEFOLD_CACHE overrides it."""
    max_gib: float = Field(default=32.0, ge=0)
    """Entries that no run uses are removed, the longest unused first, until all together are no larger than this."""
    block_rows: int = Field(default=16_384, ge=1)
    """Rows that lie together on disk and are read at once; training mixes rows of many randomly chosen blocks."""

    @property
    def path(self) -> Path:
        """The folder that is used."""
        return Path(os.environ.get(VARIABLE) or self.folder)
