"""A small model with crosses, shared tables, attention and piecewise-linear numbers, built without a log."""

from typing import Any

from models.config import ModelConfig
from models.encoder import Encoder, Fitted
from models.features import NumericStatistics
from models.features.vocabulary import HashVocabulary, LearnedVocabulary
from models.predictor import Predictor
from tests.models.tiny import CATEGORIES, MMOE, TASKS, far_from_start

HISTORY = {"kind": "multi_categorical", "scope": "context", "shares": "item", "pooling": "attention"}
FEATURES: list[dict[str, Any]] = [
    {"name": "user", "kind": "categorical", "scope": "context"},
    {"name": "tab", "kind": "categorical", "scope": "context"},
    {"name": "last", "kind": "categorical", "scope": "context", "shares": "item"},
    {"name": "age", "kind": "numeric", "scope": "context", "encoding": "piecewise_linear"},
    {"name": "history", **HISTORY, "max_length": 3, "with_length": True},
    {"name": "likes", **HISTORY, "attention": {"width": 5, "normalise": False}},
    {"name": "item", "kind": "categorical", "scope": "candidate"},
    {"name": "price", "kind": "numeric", "scope": "candidate", "transform": "log1p", "encoding": "piecewise_linear"},
    {"name": "stock", "kind": "numeric", "scope": "candidate", "encoding": "standardise"},
    {"name": "tags", "kind": "multi_categorical", "scope": "candidate", "pooling": "attention", "target": "last"},
]
CROSSES: list[dict[str, Any]] = [
    {"name": "user_tab", "of": ["user", "tab"]},
    {"name": "user_item", "of": ["user", "item"], "vocabulary": {"kind": "hash", "num_buckets": 7}},
    {"name": "all", "of": ["tab", "user", "item"]},
]
USERS, TABS = ("u1", "u2", "u|3"), ("home", "\\|")


def config(**changes: Any) -> ModelConfig:
    settings = {"features": FEATURES, "crosses": CROSSES, "tasks": TASKS, "embedding": {"dim": 4, "initial_std": 1.0}}
    return ModelConfig.model_validate({**settings, "trunk": MMOE, **changes})


def fitted() -> Fitted:
    measured = {"mean": 1.0, "standard_deviation": 2.0}
    return Fitted(
        {
            "user": LearnedVocabulary(USERS),
            "tab": LearnedVocabulary(TABS),
            "item": LearnedVocabulary(CATEGORIES),
            "tags": LearnedVocabulary(CATEGORIES[:3]),
            "user_tab": LearnedVocabulary(["u1|home", r"u\|3|\\\|"]),
            "user_item": HashVocabulary(7),
            "all": LearnedVocabulary(["home|u1|a", "home|u2|7"]),
        },
        {
            "age": NumericStatistics(**measured, boundaries=(30.0, 50.0), lowest=20.0, highest=90.0),
            "price": NumericStatistics(**measured, boundaries=(), lowest=3.0, highest=3.0),
            "stock": NumericStatistics(**measured, boundaries=(1.0,), lowest=0.0, highest=2.0),
        },
    )


def encoder(model: ModelConfig | None = None) -> Encoder:
    model = model or config()
    return Encoder(model.features, fitted(), model.crosses)


def predictor(**changes: Any) -> Predictor:
    model = config(**changes)
    return far_from_start(model, encoder(model))
