"""How an encoder lies in a checkpoint: two JSON files that any tool reads, and two more where there are past rates."""

import json
from pathlib import Path

from pydantic import TypeAdapter
from safetensors import SafetensorError

from models.config import ModelConfig
from models.encoder import Encoder, Fitted
from models.errors import CheckpointError
from models.features import NumericFeature, NumericStatistics
from models.features.rules import vocabulary_owners
from models.features.vocabulary import (
    HashVocabulary,
    HashVocabularyConfig,
    LearnedVocabulary,
    Vocabulary,
    VocabularyConfig,
)
from models.past.files import load_past_rates, save_past_rates
from models.text_lists import text_lists

VOCABULARIES = "encoder/vocabularies.json"
NUMERICS = "encoder/numerics.json"
ENCODER_FILES = (VOCABULARIES, NUMERICS)


def save_encoder(folder: Path, encoder: Encoder) -> None:
    """Write the learned vocabularies, the numeric statistics and the past rates below the folder."""
    learned = {n: v.values for n, v in encoder.fitted.vocabularies.items() if isinstance(v, LearnedVocabulary)}
    numerics = {name: statistics.model_dump() for name, statistics in encoder.fitted.numerics.items()}
    (folder / VOCABULARIES).parent.mkdir()
    (folder / VOCABULARIES).write_text(json.dumps(learned, ensure_ascii=False), encoding="utf-8")
    (folder / NUMERICS).write_text(json.dumps(numerics, indent=1), encoding="utf-8")
    save_past_rates(folder, encoder.fitted.past)


def load_encoder(folder: Path, config: ModelConfig) -> Encoder:
    """Read back what `save_encoder` wrote.

    Raises:
        CheckpointError: a file is not of the expected form, or lacks a feature.
    """
    try:
        learned = text_lists((folder / VOCABULARIES).read_text(encoding="utf-8"))
        numerics = TypeAdapter(dict[str, NumericStatistics]).validate_json((folder / NUMERICS).read_bytes())
        owners = vocabulary_owners(config.features, config.crosses)
        vocabularies = {name: _vocabulary(name, kind, learned) for name, kind in owners.items()}
        statistics = {f.name: numerics[f.name] for f in config.features if isinstance(f, NumericFeature)}
        past = load_past_rates(folder, config.past_rates, config.tasks)
        return Encoder(config.features, Fitted(vocabularies, statistics, past), config.crosses)
    except (ValueError, KeyError, OSError, SafetensorError) as error:
        raise CheckpointError(f"the encoder of {folder} must fit its manifest; found: {error}: retrain it") from None


def _vocabulary(name: str, config: VocabularyConfig, learned: dict[str, list[str]]) -> Vocabulary:
    if isinstance(config, HashVocabularyConfig):
        return HashVocabulary(config.num_buckets)
    return LearnedVocabulary(learned[name])
