"""From categories to table rows: a vocabulary learned from the log, or a stable hash.

Every table begins with two reserved rows: MISSING (the value is null or absent) and UNKNOWN (a value the
vocabulary does not hold), so new ids at serving time are an ordinary case and not an error.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from hashlib import blake2b
from itertools import count
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from models.columns import Codes, Value
from models.distinct import Integers, Texts
from models.features.cuckoo import NoPlaceError
from models.features.known_rows import TextRows, integer_keys, integer_rows
from models.features.row_table import RowTable
from models.features.sent_rows import SentRows, spelt
from models.frozen import Frozen

MISSING = 0
UNKNOWN = 1
NUM_RESERVED = 2
_HASHES_KEPT = 65_536
"""Values whose hash is remembered: memory stays bounded, and what is seen often is not hashed again."""


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
    """Categories in the order of their rows.

    What rows are looked up in is made when it is first needed: requests and logs need different keys.
    """

    def __init__(self, values: Iterable[str]) -> None:
        self.values = list(values)
        self._of_sent: SentRows | dict[str | None, int] | None = None
        self._of_integers: RowTable | None = None
        self._of_texts: TextRows | None = None

    @property
    def num_rows(self) -> int:
        """Rows of the table: the reserved ones and one a category."""
        return NUM_RESERVED + len(self.values)

    def lookup(self, values: Sequence[str]) -> Codes:
        """Table rows of the values, [len(values)]; UNKNOWN where the vocabulary does not hold one."""
        if isinstance(values, Integers):
            if self._of_integers is None:
                self._of_integers = integer_rows(self.values, NUM_RESERVED)
            return self._of_integers.find(integer_keys(values), UNKNOWN)
        if isinstance(values, Texts):
            if self._of_texts is None:
                self._of_texts = TextRows(self.values, NUM_RESERVED)
            return self._of_texts.find(values, UNKNOWN)
        return self.lookup_sent(values)

    def lookup_sent(self, values: Sequence[Value]) -> Codes:
        """Table rows of what a request sent, [len(values)]: `lookup`, and MISSING for None."""
        rows = self.sent_rows
        if isinstance(rows, SentRows):
            return rows.find(values)
        return np.array([rows.get(value, UNKNOWN) for value in spelt(values)], np.int64)

    @property
    def sent_rows(self) -> SentRows | dict[str | None, int]:
        """What finds the rows of what a request sent: tables of hashes or, should two be the same, of texts."""
        if self._of_sent is None:
            try:
                self._of_sent = SentRows(self.values, NUM_RESERVED, missing=MISSING, unknown=UNKNOWN)
            except NoPlaceError:
                self._of_sent = {**dict(zip(self.values, count(NUM_RESERVED), strict=False)), None: MISSING}
        return self._of_sent


class HashVocabulary:
    """A stable hash: the same in every process, on every machine, in every version."""

    def __init__(self, num_buckets: int) -> None:
        self.num_buckets = num_buckets
        self.remember(_HASHES_KEPT)

    @property
    def num_rows(self) -> int:
        """Rows of the table: the reserved ones and one a bucket."""
        return NUM_RESERVED + self.num_buckets

    def remember(self, num_values: int) -> None:
        """Keep the hashes of so many values, 250 bytes each: frequent ones come again in every chunk and request."""
        self._row = lru_cache(num_values)(partial(_hashed, self.num_buckets))  # no cycle: a swap frees it at once

    def lookup(self, values: Sequence[str]) -> Codes:
        """Table rows of the values, [len(values)]; never UNKNOWN."""
        return self.lookup_sent(values)

    def lookup_sent(self, values: Sequence[Value]) -> Codes:
        """Table rows of what a request sent, [len(values)]: `lookup`, and MISSING for None."""
        return np.fromiter(map(self._row, values), np.int64, len(values))


def _hashed(num_buckets: int, value: Value) -> int:
    if value is None:
        return MISSING
    digest = blake2b(str(value).encode(errors="surrogatepass"), digest_size=8).digest()
    return NUM_RESERVED + int.from_bytes(digest, "little") % num_buckets


Vocabulary = LearnedVocabulary | HashVocabulary
