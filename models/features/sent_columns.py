"""Categorical columns of a request, whose rows are found all at once."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain

import numpy as np

from models.columns import Codes, Columns, SentCategories, Value
from models.features.cuckoo import CuckooTable, Keys, SideBySide
from models.features.sent_rows import SentRows, is_text, number_keys, spelt, text_keys
from models.features.vocabulary import UNKNOWN, LearnedVocabulary

_Asked = tuple[str, Sequence[Value]]
"""A feature, and what was sent of it."""


class SentColumns:
    """Looks up the columns of features, whose vocabularies' tables lie side by side from the first lookup on.

    Args:
        vocabularies: by feature; features may share one.
    """

    def __init__(self, vocabularies: Mapping[str, LearnedVocabulary]) -> None:
        self._vocabularies = vocabularies
        self._distinct = tuple(dict.fromkeys(vocabularies.values()))
        places = {vocabulary: place for place, vocabulary in enumerate(self._distinct)}
        self._table_of = {name: 2 * places[vocabulary] for name, vocabulary in vocabularies.items()}

    def find(self, given: Columns) -> dict[str, Codes]:
        """Table rows of the columns that were sent of these features, [rows of the column], by feature.

        They are those that `LearnedVocabulary.lookup_sent` finds; other columns are left out.
        """
        texts: list[_Asked] = []
        whole: list[_Asked] = []
        for name, column in given.items():
            if name in self._table_of and isinstance(column, SentCategories) and column.sent:
                (whole if type(column.sent[0]) is int else texts).append((name, column.sent))
        keys = _keys_of_numbers(whole, texts)
        if texts:
            keys = [_keys_of_texts(texts), *keys]
        if not keys:
            return {}
        tables = [self._table_of[name] for name, _ in texts] + [self._table_of[name] + 1 for name, _ in whole]
        asked = texts + whole
        lengths = [len(sent) for _, sent in asked]
        found = self._tables.find(np.array(tables), np.array(lengths), np.concatenate(keys))
        rows, end = {}, 0
        for (name, _), length in zip(asked, lengths, strict=True):
            rows[name] = found[end : (end := end + length)]
        if self._apart:
            rows |= {name: self._vocabularies[name].lookup_sent(sent) for name, sent in asked if name in self._apart}
        return rows

    def prepare(self) -> None:
        """Make the tables, which the first lookup does otherwise."""
        if self._distinct:
            _ = self._tables, self._apart

    @cached_property
    def _tables(self) -> SideBySide:
        """Of texts and, after it, of whole numbers: two a vocabulary."""
        nothing = CuckooTable(np.empty(0, np.uint64), np.empty(0, np.int64), UNKNOWN)
        tables: list[CuckooTable] = []
        for vocabulary in self._distinct:
            rows = vocabulary.sent_rows
            tables += (rows.texts, rows.numbers) if isinstance(rows, SentRows) else (nothing, nothing)
        return SideBySide(tables)

    @cached_property
    def _apart(self) -> frozenset[str]:
        """Features whose vocabulary has no such tables."""
        return frozenset(n for n, each in self._vocabularies.items() if not isinstance(each.sent_rows, SentRows))


def _keys_of_numbers(whole: list[_Asked], texts: list[_Asked]) -> list[Keys]:
    """Keys of columns of 64-bit integers, in one piece where that can be; other columns go to the texts."""
    keys = number_keys([*chain.from_iterable([sent for _, sent in whole])])
    if keys is not None:
        return [keys] if whole else []
    apart = [number_keys(sent) for _, sent in whole]
    texts += [asked for asked, keys in zip(whole, apart, strict=True) if keys is None]
    whole[:] = [asked for asked, keys in zip(whole, apart, strict=True) if keys is not None]
    return [keys for keys in apart if keys is not None]


def _keys_of_texts(texts: list[_Asked]) -> Keys:
    values = [*chain.from_iterable([sent for _, sent in texts])]
    return text_keys(values if is_text(values) else [*chain.from_iterable([spelt(sent) for _, sent in texts])])
