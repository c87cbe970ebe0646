"""A feature with one category a row: an id, a placement, a device."""

from typing import Literal

import numpy as np

from models.columns import Categories, Codes, SentCategories
from models.features.of_categories import OfCategories
from models.features.vocabulary import MISSING, Vocabulary


class CategoricalFeature(OfCategories):
    """One category a row, or none."""

    kind: Literal["categorical"]


def encode_categories(column: Categories, vocabulary: Vocabulary) -> Codes:
    """Table rows, [batch]; MISSING where the value is missing."""
    if isinstance(column, SentCategories):
        return vocabulary.lookup_sent(column.sent)
    rows = np.append(vocabulary.lookup(column.values), MISSING)
    return rows[column.codes]  # a code of -1 takes the appended MISSING
