"""How much of a request the model knew: categories it never saw, and features that were not sent."""

from collections.abc import Sequence

import numpy as np

from models.batch import EncodedBatch, SplitBatch
from models.encoder import PADDING, Encoder
from models.features.vocabulary import MISSING, UNKNOWN
from models.inference.parts import Parts

Counts = dict[str, int]
"""Rows by feature; features with none are left out."""


class Coverage:
    """Counts over encoded batches; a context value counts once for each row it was meant for."""

    def __init__(self, encoder: Encoder, parts: Parts) -> None:
        ids, bags, numerics = range(encoder.ids_width), encoder.bag_features, range(encoder.numeric_width)
        self._whole = _Columns(encoder, tuple(ids), tuple(bag.name for bag in bags), tuple(numerics))
        self._context = _Columns(encoder, parts.context_ids, parts.context_bags, parts.context_numerics)
        self._candidates = _Columns(encoder, parts.candidate_ids, parts.candidate_bags, parts.candidate_numerics)

    def of(self, batch: EncodedBatch | SplitBatch) -> tuple[Counts, Counts]:
        """Rows with at least one category that the vocabulary does not hold, and rows without a value, by feature."""
        unknown: Counts = {}
        missing: Counts = {}
        if isinstance(batch, SplitBatch):
            self._context.count(batch.context, len(batch), unknown, missing)
            self._candidates.count(batch.candidates, 1, unknown, missing)
        else:
            self._whole.count(batch, 1, unknown, missing)
        return unknown, missing


class _Columns:
    """Some columns of what the encoder makes, and what in them means unknown or missing."""

    def __init__(
        self, encoder: Encoder, ids: tuple[int, ...], bags: tuple[str, ...], numerics: tuple[int, ...]
    ) -> None:
        crosses = {cross.name for cross in encoder.crosses}
        sent = [name for name in encoder.id_features if name not in crosses]  # requests hold no crosses
        self._ids = [sent[position] for position in ids if position < len(sent)]
        offsets = np.array([encoder.first_row(name) for name in self._ids], dtype=np.int64)
        has_unknown = np.array([name not in encoder.fitted.numerics for name in self._ids], dtype=bool)
        self._missing_rows = offsets + MISSING
        self._last_rows = np.where(has_unknown, offsets + UNKNOWN, self._missing_rows)
        self._bags = {name: encoder.first_row(name) + UNKNOWN for name in bags}
        numbers = encoder.number_features  # a value and a flag each
        flags = [(place, at) for place, at in enumerate(numerics) if at % 2 == 1 and at < 2 * len(numbers)]
        self._flags = [place for place, _ in flags]
        self._numbers = [numbers[at // 2].name for _, at in flags]

    def count(self, batch: EncodedBatch, times: int, unknown: Counts, missing: Counts) -> None:
        """Add the rows of the batch, each that many times."""
        ids = batch.ids.numpy()[:, : len(self._ids)]
        rows, columns = (ids <= self._last_rows).nonzero()  # MISSING and UNKNOWN are the first rows of every table
        if len(rows):
            is_missing = ids[rows, columns] == self._missing_rows[columns]
            num_ids = len(self._ids)
            found = np.bincount(columns + num_ids * is_missing, minlength=2 * num_ids).tolist()
            _add(unknown, self._ids, found[:num_ids], times)
            _add(missing, self._ids, found[num_ids:], times)
        if self._flags:
            _add(missing, self._numbers, np.add.reduce(batch.numerics.numpy()[:, self._flags]).tolist(), times)
        for name, unknown_row in self._bags.items():
            bag = batch.bags[name].numpy()
            _add(unknown, [name], [int((bag == unknown_row).any(axis=1).sum())], times)
            _add(missing, [name], [int((bag[:, 0] == PADDING).sum())], times)


def _add(counts: Counts, names: Sequence[str], found: Sequence[float], times: int) -> None:
    """Add the rows that were found, by name; none where nothing was."""
    for name, count in zip(names, found, strict=True):
        if count:
            counts[name] = int(count) * times
