"""A learned vocabulary, from a stream."""

from collections import Counter

import numpy as np

from models.columns import Bags, Categories
from models.features.vocabulary import LearnedVocabulary, LearnedVocabularyConfig


class VocabularyFit:
    """Counts categories; memory grows with the number of distinct ones and with nothing else."""

    def __init__(self, config: LearnedVocabularyConfig) -> None:
        self.config = config
        self._counts: Counter[str] = Counter()

    def add(self, column: Categories | Bags) -> None:
        """Take in a chunk."""
        counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.values))
        for value, count in zip(column.values, counts.tolist(), strict=True):
            if count:
                self._counts[value] += count

    def vocabulary(self) -> LearnedVocabulary:
        """Categories seen often enough, the most frequent first, ties in the order of their text."""
        kept = [(-count, value) for value, count in self._counts.items() if count >= self.config.min_count]
        return LearnedVocabulary(value for _, value in sorted(kept)[: self.config.max_size])
