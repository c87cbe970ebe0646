"""How many values of a feature an encoder does not know."""

from collections.abc import Iterable

from models.columns import Bags, Categories, Column
from models.encoder import Encoder
from models.features import Feature, NumericFeature
from models.features.rules import owner_of
from models.features.vocabulary import UNKNOWN, LearnedVocabulary


def unknown_share(encoder: Encoder, feature: Feature, columns: Iterable[Column]) -> float | None:
    """Share of the values that are there.

    None where nothing can be unknown: numbers, hashed categories, and features that the encoder does not have so.
    """
    known = next((each for each in encoder.features if (each.name, each.kind) == (feature.name, feature.kind)), None)
    if known is None or isinstance(known, NumericFeature):
        return None
    vocabulary = encoder.fitted.vocabularies[owner_of(known)]
    if not isinstance(vocabulary, LearnedVocabulary):
        return None
    unknown = total = 0
    for column in columns:
        assert isinstance(column, Categories | Bags)
        codes = column.codes[column.codes >= 0]
        unknown += int((vocabulary.lookup(column.values) == UNKNOWN)[codes].sum()) if len(codes) else 0
        total += len(codes)
    return unknown / total if total else 0.0
