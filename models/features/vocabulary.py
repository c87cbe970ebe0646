"""From categories to table rows: a vocabulary learned from the log, or a stable hash.

Every table begins with two reserved rows: MISSING (the value is null or absent) and UNKNOWN (a value the
vocabulary does not hold), so new ids at serving time are an ordinary case and not an error.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from models.columns import Codes
from models.frozen import Frozen

MISSING = 0
UNKNOWN = 1
NUM_RESERVED = 2


class LearnedVocabularyConfig(Frozen):
    """Keep the categories seen often enough in the training window."""

    kind: Literal["learned"] = "learned"
    min_count: int = Field(default=2, ge=1)
    """A category seen fewer times is unknown: its row could only be noise, and unknown gets trained this way."""
    max_size: int | None = Field(default=None, ge=1)
    """Keep at most this many, the most frequent first."""


class HashVocabularyConfig(Frozen):
    """Spread categories over a fixed number of rows; nothing to fit, collisions are accepted (Weinberger 2009)."""

    kind: Literal["hash"]
    num_buckets: int = Field(ge=1)
    """Rows of the table; ids that fall into the same one are told apart by other features only."""


VocabularyConfig = Annotated[LearnedVocabularyConfig | HashVocabularyConfig, Field(discriminator="kind")]


class LearnedVocabulary:
    """Categories in the order of their rows."""

    def __init__(self, values: Iterable[str]) -> None:
        self.values = list(values)
        self._row_of = {value: row for row, value in enumerate(self.values, start=NUM_RESERVED)}

    @property
    def num_rows(self) -> int:
        """Rows of the table: the reserved ones and one a category."""
        return NUM_RESERVED + len(self.values)

    def lookup(self, values: Sequence[str]) -> Codes:
        """Table rows of the values, [len(values)]; UNKNOWN where the vocabulary does not hold one."""
        row_of = self._row_of
        return np.fromiter((row_of.get(value, UNKNOWN) for value in values), dtype=np.int64, count=len(values))


class HashVocabulary:
    """A stable hash: the same in every process, on every machine, in every version."""

    def __init__(self, num_buckets: int) -> None:
        self.num_buckets = num_buckets

    @property
    def num_rows(self) -> int:
        """Rows of the table: the reserved ones and one a bucket."""
        return NUM_RESERVED + self.num_buckets

    def lookup(self, values: Sequence[str]) -> Codes:
        """Table rows of the values, [len(values)]; never UNKNOWN."""
        return np.fromiter((self._row(value) for value in values), dtype=np.int64, count=len(values))

    def _row(self, value: str) -> int:
        digest = blake2b(value.encode(errors="surrogatepass"), digest_size=8).digest()
        return NUM_RESERVED + int.from_bytes(digest, "little") % self.num_buckets


Vocabulary = LearnedVocabulary | HashVocabulary
