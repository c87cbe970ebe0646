"""How much of a request the model knew: categories it never saw, and features that were not sent."""

from collections.abc import Iterator

import numpy as np

from models.batch import EncodedBatch
from models.columns import Codes
from models.encoder import PADDING, Encoder
from models.features.vocabulary import MISSING, UNKNOWN

Counts = dict[str, int]
"""Rows by feature; features with none are left out."""


class Coverage:
    """Counts over encoded batches; a context value counts once for each row it was meant for."""

    def __init__(self, encoder: Encoder) -> None:
        crosses = {cross.name for cross in encoder.crosses}
        self._ids = [name for name in encoder.id_features if name not in crosses]  # requests hold no crosses
        self._id_offsets = np.array([encoder.first_row(name) for name in self._ids], dtype=np.int64)
        self._with_vocabulary = np.array([name not in encoder.fitted.numerics for name in self._ids], dtype=bool)
        self._bags = {feature.name: encoder.first_row(feature.name) for feature in encoder.bag_features}
        self._numbers = [feature.name for feature in encoder.number_features]

    def unknown(self, batch: EncodedBatch) -> Counts:
        """Rows with at least one category that the vocabulary does not hold."""
        return {name: count for name, count in self._unknown(batch) if count}

    def missing(self, batch: EncodedBatch) -> Counts:
        """Rows without a value; an empty list is a missing one."""
        return {name: count for name, count in self._missing(batch) if count}

    def _unknown(self, batch: EncodedBatch) -> Iterator[tuple[str, int]]:
        is_unknown = (self._held(batch) == self._id_offsets + UNKNOWN) & self._with_vocabulary
        yield from zip(self._ids, is_unknown.sum(axis=0).tolist(), strict=True)
        for name, offset in self._bags.items():
            yield name, int((batch.bags[name].numpy() == offset + UNKNOWN).any(axis=1).sum())

    def _missing(self, batch: EncodedBatch) -> Iterator[tuple[str, int]]:
        yield from zip(self._ids, (self._held(batch) == self._id_offsets + MISSING).sum(axis=0).tolist(), strict=True)
        for name in self._bags:
            yield name, int((batch.bags[name].numpy() == PADDING).all(axis=1).sum())
        flags = batch.numerics[:, 1 : 2 * len(self._numbers) : 2].sum(dim=0).tolist()
        yield from zip(self._numbers, map(int, flags), strict=True)

    def _held(self, batch: EncodedBatch) -> Codes:
        """Table rows of what a request holds, [batch, id features without crosses]."""
        return batch.ids.numpy()[:, : len(self._ids)]
