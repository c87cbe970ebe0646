"""Whether a model knows the value that a row has of a feature: its vocabulary holds it, from the training window.

A category that was seen fewer than `min_count` times is not in the vocabulary: it was there, but the model was never
told, and meets it as it meets one that never was. So the model's knowledge is what rows are told apart by.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.columns import Categories, Column
from models.encoder import Encoder
from models.errors import ConfigError
from models.features import CategoricalFeature, Feature
from models.features.rules import owner_of, vocabulary_owners
from models.features.vocabulary import UNKNOWN, HashVocabularyConfig

Knowledge = NDArray[np.int8]
KNOWN, NEW, NO_VALUE = 1, 0, -1
"""The codes of `Knowledge`, [rows]; a row without a value is neither known nor new."""


def check_unseen(names: Sequence[str], features: Sequence[Feature]) -> None:
    """Refuse features of which nothing is ever unknown.

    Raises:
        ConfigError: a name that is no categorical feature, or one whose vocabulary is a hash.
    """
    owners = vocabulary_owners(features)
    for name in names:
        feature = next((feature for feature in features if feature.name == name), None)
        if not isinstance(feature, CategoricalFeature):
            raise ConfigError(
                f"evaluation.unseen names categorical features; found '{name}', which is none: correct or remove it"
            )
        if isinstance(owners.get(owner_of(feature)), HashVocabularyConfig):
            raise ConfigError(
                f"evaluation.unseen tells known values from new ones; '{name}' has a hash for its vocabulary, which "
                f'takes any value for known: remove it, or use a vocabulary of kind "learned"'
            )


def knowledge(encoder: Encoder, name: str, column: Column) -> Knowledge:
    """For each row whether the model knows its value of a categorical feature, [rows]."""
    assert isinstance(column, Categories)
    feature = next(feature for feature in encoder.features if feature.name == name)
    assert isinstance(feature, CategoricalFeature)
    vocabulary = encoder.fitted.vocabularies[owner_of(feature)]
    is_known = np.where(vocabulary.lookup(column.values) == UNKNOWN, NEW, KNOWN)
    found: Knowledge = np.append(is_known, NO_VALUE).astype(np.int8)[column.codes]  # a code of -1 takes the last
    return found
