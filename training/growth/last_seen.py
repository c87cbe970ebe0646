"""The last day on which a row had an id, from a stream in any order."""

from collections.abc import Iterator, Sequence

import numpy as np

from models.columns import Bags, Categories, Column, Columns
from models.config import ModelConfig
from models.features import NumericFeature
from models.features.crossed import crossed
from models.features.rules import owner_of, vocabulary_owners
from models.features.vocabulary import HashVocabularyConfig
from training.data.reader import Chunk
from training.growth.newest_days import NEVER, Days, NewestDays

DAY_US = 86_400_000_000


class LastSeenFit:
    """Collects by vocabulary; memory grows with the number of distinct ids, as that of the vocabularies does.

    Attributes:
        oldest: the oldest day of any row.
        newest: the newest day of any row.
    """

    def __init__(self, config: ModelConfig) -> None:
        learned = {
            name
            for name, kind in vocabulary_owners(config.features, config.crosses).items()
            if not isinstance(kind, HashVocabularyConfig)
        }
        self._features = {
            f.name: owner_of(f) for f in config.features if not isinstance(f, NumericFeature) and owner_of(f) in learned
        }
        self._crosses = [cross for cross in config.crosses if cross.name in learned]
        self._newest = {name: NewestDays() for name in learned}
        self.oldest, self.newest = int(np.iinfo(np.int32).max), NEVER

    def watching(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """The same chunks, which carry times; they are taken in as they pass."""
        for chunk in chunks:
            assert chunk.times is not None, "the last day of an id depends on the times of rows"
            if chunk.num_rows:
                self.add(chunk.features, (chunk.times // DAY_US).astype(np.int32))
            yield chunk

    def add(self, columns: Columns, days: Days) -> None:
        """Take in a chunk of one row or more."""
        self.oldest, self.newest = min(self.oldest, int(days.min())), max(self.newest, int(days.max()))
        for name, owner in self._features.items():
            self._add(owner, columns[name], days)
        for cross in self._crosses:
            parts = [part for name in cross.of if isinstance(part := columns[name], Categories)]
            self._add(cross.name, crossed(parts), days)

    def of(self, owner: str, values: Sequence[str]) -> Days:
        """The last day of each id, [values]; NEVER where no row had it."""
        return self._newest[owner].of(values)

    def _add(self, owner: str, column: Column, days: Days) -> None:
        assert isinstance(column, Categories | Bags)
        of_codes = np.repeat(days, np.diff(column.offsets)) if isinstance(column, Bags) else days
        codes = column.codes[column.offsets[0] : column.offsets[-1]] if isinstance(column, Bags) else column.codes
        last = np.full(len(column.values), NEVER, np.int32)
        np.maximum.at(last, codes[codes >= 0], of_codes[codes >= 0])
        self._newest[owner].add(column.values, last)
