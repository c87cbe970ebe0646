"""The past of ids as it was at the end of the training window: a table that the encoder looks up."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.columns import Categories, Column, Columns
from models.features.categorical import encode_categories
from models.features.crossed import crossed
from models.features.vocabulary import NUM_RESERVED, LearnedVocabulary


class PastRates:
    """Ids with a past, and the numbers of each; a missing id and one without a past are all zeros.

    Args:
        of: the categorical features whose combination is the id.
        ids: in the order of their numbers.
        numbers: float32 [ids, width].
    """

    def __init__(self, of: Sequence[str], ids: Sequence[str], numbers: NDArray[np.float32]) -> None:
        self.of = tuple(of)
        self.vocabulary = LearnedVocabulary(ids)
        self.width: int = numbers.shape[1]
        without_past = np.zeros((NUM_RESERVED, self.width), np.float32)
        self._table = np.concatenate([without_past, numbers])
        self.numbers = self._table[NUM_RESERVED:]

    def encode(self, columns: Columns, num_rows: int) -> NDArray[np.float32]:
        """Numbers of the rows, [num_rows, width]; [1, width] where all columns of the id have one row."""
        column = id_column(self.of, columns)
        if column is None:
            return np.zeros((num_rows, self.width), np.float32)
        found: NDArray[np.float32] = self._table[encode_categories(column, self.vocabulary)]
        return found


def id_column(of: Sequence[str], columns: Mapping[str, Column]) -> Categories | None:
    """The ids of the rows, as one column; None where a part of them is absent from all rows."""
    parts: list[Categories] = []
    for name in of:
        column = columns.get(name)
        if column is None:
            return None
        assert isinstance(column, Categories)
        parts.append(column)
    return parts[0] if len(parts) == 1 else crossed(parts)
