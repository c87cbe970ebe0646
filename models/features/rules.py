"""What holds between features: who owns a table, who may share it, and what is refused."""

from collections.abc import Sequence

from models.errors import ConfigError
from models.features import CategoricalFeature, Cross, Feature, MultiCategoricalFeature
from models.features.vocabulary import HashVocabularyConfig, VocabularyConfig


def owner_of(feature: CategoricalFeature | MultiCategoricalFeature) -> str:
    """The name of the feature whose vocabulary this feature uses."""
    return feature.shares or feature.name


def vocabulary_owners(features: Sequence[Feature], crosses: Sequence[Cross] = ()) -> dict[str, VocabularyConfig]:
    """The features and crosses that own a vocabulary, with its settings."""
    owners = {
        feature.name: feature.own_vocabulary
        for feature in features
        if isinstance(feature, CategoricalFeature | MultiCategoricalFeature) and feature.shares is None
    }
    return owners | {cross.name: cross.vocabulary for cross in crosses}


def check_features(features: Sequence[Feature], crosses: Sequence[Cross] = ()) -> None:
    """Refuse features and crosses that contradict each other.

    Raises:
        ConfigError: a name used twice; `shares`, `target` or a cross's `of` naming no categorical feature; a table
            shared by way of another; `id_dropout` where no id is ever unknown.
    """
    names = [part.name for part in (*features, *crosses)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"feature names are unique; found more than once: {', '.join(twice)}: remove the repetition")
    categorical = {feature.name: feature for feature in features if isinstance(feature, CategoricalFeature)}
    for feature in features:
        if isinstance(feature, CategoricalFeature | MultiCategoricalFeature):
            _check_shares(feature, categorical)
        if isinstance(feature, MultiCategoricalFeature) and feature.pooling == "attention":
            _refuse_other("target", feature.name, feature.looks_from, categorical)
    for cross in crosses:
        for part in cross.of:
            _refuse_other("of", cross.name, part, categorical)
        if len(set(cross.of)) < len(cross.of):
            found = ", ".join(cross.of)
            raise ConfigError(f"a cross is of different features; '{cross.name}' is of {found}: remove the repetition")
    _check_dropout(features, crosses)


def _check_shares(
    feature: CategoricalFeature | MultiCategoricalFeature, categorical: dict[str, CategoricalFeature]
) -> None:
    if feature.shares is None:
        return
    others = {name: other for name, other in categorical.items() if name != feature.name and other.shares is None}
    owner = categorical.get(feature.shares)
    if owner is not None and owner.shares is not None and feature.shares != feature.name:
        raise ConfigError(
            f"`shares` names the feature that owns the table; feature '{feature.name}' shares '{feature.shares}', "
            f"which itself shares '{owner.shares}': share '{owner.shares}'"
        )
    _refuse_other("shares", feature.name, feature.shares, others)


def _refuse_other(setting: str, name: str, found: str | None, categorical: dict[str, CategoricalFeature]) -> None:
    if found not in categorical:
        raise ConfigError(
            f"`{setting}` names a categorical feature; '{name}' has {setting} = '{found}', which is none that it can "
            f"use: use one of {', '.join(sorted(categorical)) or '(there is none)'}"
        )


def _check_dropout(features: Sequence[Feature], crosses: Sequence[Cross]) -> None:
    owners = vocabulary_owners(features, crosses)
    dropped: set[str] = set()
    for feature in features:
        if isinstance(feature, CategoricalFeature | MultiCategoricalFeature) and feature.id_dropout > 0:
            dropped.add(feature.name)
            _refuse_hash(f"feature '{feature.name}'", owners[owner_of(feature)])
    for cross in crosses:
        if dropped.intersection(cross.of):
            _refuse_hash(f"cross '{cross.name}', of a feature with `id_dropout`,", owners[cross.name])


def _refuse_hash(what: str, vocabulary: VocabularyConfig) -> None:
    if isinstance(vocabulary, HashVocabularyConfig):
        raise ConfigError(
            f"`id_dropout` teaches what an unknown id means, and a hash knows every id; {what} has a vocabulary of "
            f'kind "hash": make it "learned", or remove `id_dropout`'
        )
