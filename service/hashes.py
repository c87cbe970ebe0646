"""How many hashes of ids a process of several remembers."""

from models.encoder import Encoder
from models.features.vocabulary import HashVocabulary

_HASHES_OF_A_WORKER, _FEWEST_HASHES = 32_768, 1_024
"""Over all features, and of one of them: every worker has its own, and they are a third of what it
holds where each feature remembers as many as in training (benchmarks/workers_memory.py)."""


def remember_few(encoder: Encoder) -> None:
    """Let all vocabularies of the encoder together remember what is one worker's part."""
    vocabularies = encoder.fitted.vocabularies.values()
    for vocabulary in vocabularies:
        if isinstance(vocabulary, HashVocabulary):
            vocabulary.remember(max(_FEWEST_HASHES, _HASHES_OF_A_WORKER // len(vocabularies)))
