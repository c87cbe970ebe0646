"""How an encoder lies in a checkpoint: two JSON files that any tool reads."""

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from models.encoder import Encoder, Fitted, vocabulary_owners
from models.errors import CheckpointError
from models.features import Feature, NumericFeature, NumericStatistics
from models.features.vocabulary import (
    HashVocabulary,
    HashVocabularyConfig,
    LearnedVocabulary,
    Vocabulary,
    VocabularyConfig,
)

VOCABULARIES = "encoder/vocabularies.json"
NUMERICS = "encoder/numerics.json"
ENCODER_FILES = (VOCABULARIES, NUMERICS)


def save_encoder(folder: Path, encoder: Encoder) -> None:
    """Write the learned vocabularies and the numeric statistics below the folder."""
    learned = {n: v.values for n, v in encoder.fitted.vocabularies.items() if isinstance(v, LearnedVocabulary)}
    numerics = {name: statistics.model_dump() for name, statistics in encoder.fitted.numerics.items()}
    (folder / VOCABULARIES).parent.mkdir()
    (folder / VOCABULARIES).write_text(json.dumps(learned, ensure_ascii=False), encoding="utf-8")
    (folder / NUMERICS).write_text(json.dumps(numerics, indent=1), encoding="utf-8")


def load_encoder(folder: Path, features: Sequence[Feature]) -> Encoder:
    """Read back what `save_encoder` wrote.

    Raises:
        CheckpointError: a file is not of the expected form, or lacks a feature.
    """
    try:
        learned = TypeAdapter(dict[str, list[str]]).validate_json((folder / VOCABULARIES).read_bytes())
        numerics = TypeAdapter(dict[str, NumericStatistics]).validate_json((folder / NUMERICS).read_bytes())
        vocabularies = {n: _vocabulary(n, kind, learned) for n, kind in vocabulary_owners(features).items()}
        statistics = {f.name: numerics[f.name] for f in features if isinstance(f, NumericFeature)}
        return Encoder(features, Fitted(vocabularies, statistics))
    except (ValidationError, KeyError) as error:
        raise CheckpointError(f"the encoder of {folder} must fit its manifest; found: {error}: retrain it") from None


def _vocabulary(name: str, config: VocabularyConfig, learned: dict[str, list[str]]) -> Vocabulary:
    if isinstance(config, HashVocabularyConfig):
        return HashVocabulary(config.num_buckets)
    return LearnedVocabulary(learned[name])
