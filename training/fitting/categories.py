"""A learned vocabulary, from a stream."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.columns import Bags, Categories, Codes
from models.distinct import Integers
from models.features.vocabulary import LearnedVocabulary, LearnedVocabularyConfig
from training.data.arrow_texts import to_arrow
from training.fitting.counts import Counts


class VocabularyFit:
    """Counts categories; memory grows with the number of distinct ones and with nothing else.

    Whole numbers are counted as such and become text at the end: "7" from a column of text is the same category.
    """

    def __init__(self, config: LearnedVocabularyConfig) -> None:
        self.config = config
        self._integers = Counts(pa.int64())
        self._texts = Counts(pa.large_string())

    def add(self, column: Categories | Bags) -> None:
        """Take in a chunk."""
        codes = column.codes
        present = codes if codes.min(initial=0) >= 0 else codes[codes >= 0]
        counts = np.bincount(present, minlength=len(column.values))
        seen = counts > 0
        if isinstance(column.values, Integers):
            self._integers.add(pa.array(column.values.numbers[seen]), counts[seen])
        else:
            texts = to_arrow(column.values)
            self._texts.add(texts if seen.all() else texts.filter(seen), counts[seen])

    def vocabulary(self) -> LearnedVocabulary:
        """Categories seen often enough, the most frequent first, ties in the order of their text."""
        texts, counts = self._merged()
        kept = pa.table({"text": texts, "count": counts}).filter(pc.field("count") >= self.config.min_count)
        order = pc.sort_indices(kept, sort_keys=[("count", "descending"), ("text", "ascending")])
        return LearnedVocabulary(kept["text"].take(order[: self.config.max_size]).to_pylist())

    def _merged(self) -> tuple[pa.Array, Codes]:
        """All categories as text, and how often each was seen."""
        texts, text_counts = self._texts.merged()
        numbers, number_counts = self._integers.merged()
        if len(numbers) == 0:
            return texts, text_counts
        of_numbers = numbers.cast(pa.large_string())
        if len(texts) == 0:
            return of_numbers, number_counts
        both = Counts(pa.large_string())
        both.add(texts, text_counts)
        both.add(of_numbers, number_counts)
        return both.merged()
