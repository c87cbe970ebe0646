"""A tiny checkpoint with every kind of feature, and random rows for it."""

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from models.calibration import Calibration, Identity, Moment, Platt
from models.checkpoint import save_checkpoint
from models.config import ModelConfig
from models.encoder import Encoder, Fitted
from models.features import NumericStatistics
from models.features.vocabulary import HashVocabulary, LearnedVocabulary, Vocabulary
from models.heads import BinaryStatistics, DurationStatistics, LabelStatistics
from models.network import Network
from models.predictor import Predictor
from models.ranking import RankingConfig
from models.reference import Reference, write_reference

CONFIG = ModelConfig.model_validate(
    {
        "features": [
            {"name": "user_id", "kind": "categorical", "scope": "context"},
            {
                "name": "country",
                "kind": "categorical",
                "scope": "context",
                "vocabulary": {"kind": "hash", "num_buckets": 8},
            },
            {"name": "hour", "kind": "numeric", "scope": "context"},
            {"name": "history", "kind": "multi_categorical", "scope": "context", "shares": "item_id", "max_length": 3},
            {"name": "interests", "kind": "multi_categorical", "scope": "context", "separator": ","},
            {"name": "item_id", "kind": "categorical", "scope": "candidate"},
            {"name": "tags", "kind": "multi_categorical", "scope": "candidate", "pooling": "sum"},
            {"name": "price", "kind": "numeric", "scope": "candidate", "transform": "log1p"},
            {"name": "age", "kind": "numeric", "scope": "candidate", "encoding": "standardise"},
            {
                "name": "views",
                "kind": "numeric",
                "scope": "candidate",
                "encoding": "standardise",
                "transform": "log1p",
            },
        ],
        "tasks": [
            {"name": "click", "kind": "binary", "label": "clicked"},
            {
                "name": "dwell",
                "kind": "duration",
                "label": "dwell_ms",
                "unit": "ms",
                "reads": ["click"],
                "observed_when": "click",
            },
            {
                "name": "conversion",
                "kind": "binary",
                "label": "bought",
                "reads": ["click", "dwell"],
                "observed_when": "click",
            },
        ],
        "embedding": {"dim": 4, "initial_std": 1.0},
        "trunk": {"kind": "mmoe", "num_experts": 2, "expert": {"widths": [16, 8]}},
    }
)
CONTEXT = tuple(feature.name for feature in CONFIG.features if feature.scope == "context")
CANDIDATE = tuple(feature.name for feature in CONFIG.features if feature.scope == "candidate")
FIELDS = ("click", "dwell", "dwell_median", "conversion")


def save_tiny(
    folder: Path,
    utility: str | None = None,
    reference: Reference | None = None,
    *,
    seed: int = 7,
    config: ModelConfig = CONFIG,
    spoil: Callable[[Network], None] = lambda network: None,
) -> Path:
    """Write the checkpoint and return its path; with a utility it ranks, with a reference it is compared.

    Args:
        folder: of versions.
        utility: of a row.
        reference: of the training window.
        seed: of the weights.
        config: the features and tasks of `CONFIG`, or some of them.
        spoil: changes the weights.
    """
    torch.manual_seed(seed)
    numerics = {
        "hour": NumericStatistics(mean=12.0, standard_deviation=6.0, boundaries=(6.0, 12.0, 18.0)),
        "price": NumericStatistics(mean=2.0, standard_deviation=1.0, boundaries=(1.0, 2.0, 3.0)),
        "age": NumericStatistics(mean=30.0, standard_deviation=10.0, boundaries=(20.0, 30.0)),
        "views": NumericStatistics(mean=4.0, standard_deviation=2.0, boundaries=(3.0, 5.0)),
    }
    vocabularies: dict[str, Vocabulary] = {
        "user_id": LearnedVocabulary(f"{number}" for number in range(20)),
        "country": HashVocabulary(8),
        "interests": LearnedVocabulary(["sport", "music", "film"]),
        "item_id": LearnedVocabulary(f"i{number}" for number in range(50)),
        "tags": LearnedVocabulary(["new", "sale", "übergröße"]),
    }
    statistics: dict[str, LabelStatistics] = {
        "click": BinaryStatistics(num_observed=1000, rate=0.1),
        "dwell": DurationStatistics(
            num_observed=100,
            mean_seconds=20,
            max_seconds=600,
            scale_seconds=12,
            log_mean=0.7,
            log_standard_deviation=0.8,
        ),
        "conversion": BinaryStatistics(num_observed=100, rate=0.05),
    }
    config = config.model_copy(update={"ranking": RankingConfig(utility=utility) if utility else None})
    encoder = Encoder(config.features, Fitted(vocabularies, numerics))
    tasks = {task.name for task in config.tasks}
    statistics = {name: each for name, each in statistics.items() if name in tasks}
    network = Network(config, encoder, statistics)
    spoil(network)
    calibrations: dict[str, Calibration] = {
        "click": Platt(slope=1.2, intercept=-0.1),
        "dwell": Moment(factor=1.3),
        "conversion": Identity(),
    }
    return save_checkpoint(
        folder,
        Predictor(config, encoder, network, {name: each for name, each in calibrations.items() if name in tasks}),
        name="tiny",
        statistics=statistics,
        metrics={"click": {"auc": 0.71, "lift": None}},
        training={},
        writers=[partial(write_reference, reference=reference)] if reference else [],
    )


def random_context(rng: random.Random) -> dict[str, Any]:
    """Context features: known and unknown categories, numbers as ids, nulls, and features left out."""
    return _some_left_out(
        rng,
        {
            "user_id": rng.choice([rng.randrange(25), str(rng.randrange(25)), None]),
            "country": rng.choice(["de", "fr", "🇨🇭", "", None]),
            "hour": rng.choice([rng.randrange(24), rng.uniform(0, 24), True, None]),
            "history": [f"i{rng.randrange(60)}" for _ in range(rng.randrange(6))],
            "interests": rng.choice(["sport,music", ["film", None, "chess"], "", None]),
        },
    )


def random_candidate(rng: random.Random) -> dict[str, Any]:
    """Candidate features, as wild as the context."""
    return _some_left_out(
        rng,
        {
            "item_id": f"i{rng.randrange(60)}",
            "tags": rng.sample(["new", "sale", "übergröße", "unheard of", 7], rng.randrange(4)),
            "price": rng.choice([rng.lognormvariate(2, 1), -3.5, 0, None]),
            "age": rng.choice([rng.gauss(30, 10), None]),
            "views": rng.choice([rng.randrange(10**6), 1e12, None]),
        },
    )


def _some_left_out(rng: random.Random, row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if rng.random() > 0.1}
