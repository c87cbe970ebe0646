"""A small model with every kind of feature, built without a log."""

from typing import Any

import numpy as np
import pyarrow as pa
import torch

from models.calibration import Calibration, Moment, Platt
from models.columns import Columns
from models.config import ModelConfig
from models.encoder import Encoder, Fitted
from models.features import NumericStatistics
from models.features.vocabulary import HashVocabulary, LearnedVocabulary
from models.heads import BinaryStatistics, DurationStatistics, LabelStatistics
from models.network import Network
from models.predictor import Predictor, typed_column
from training.data.typed import typed

CATEGORIES = ("a", "b", "7", "true", "9007199254740993")
FEATURES: list[dict[str, Any]] = [
    {"name": "user", "kind": "categorical", "scope": "context", "vocabulary": {"kind": "hash", "num_buckets": 5}},
    {"name": "age", "kind": "numeric", "scope": "context", "encoding": "standardise"},
    {"name": "history", "kind": "multi_categorical", "scope": "context", "shares": "item", "max_length": 3},
    {"name": "item", "kind": "categorical", "scope": "candidate"},
    {"name": "price", "kind": "numeric", "scope": "candidate", "transform": "log1p"},
    {"name": "tags", "kind": "multi_categorical", "scope": "candidate", "separator": ",", "pooling": "sum"},
]
TASKS: list[dict[str, Any]] = [
    {"name": "click", "kind": "binary", "label": "clicked"},
    {"name": "dwell", "kind": "duration", "label": "seconds", "observed_when": "click", "reads": ["click"]},
    {"name": "buy", "kind": "binary", "label": "bought", "reads": ["click", "dwell"]},
]
MMOE = {"kind": "mmoe", "num_experts": 2, "expert": {"widths": [8, 6]}}
SHARED_BOTTOM = {"kind": "shared_bottom", "mlp": {"widths": [8, 6]}}
PLE = {"kind": "ple", "num_layers": 2, "num_shared_experts": 1, "expert": {"widths": [8, 6]}}
DCNV2 = {"kind": "dcnv2", "mlp": {"widths": [8, 6]}}
TABM = {"kind": "tabm", "num_members": 3, "mlp": {"widths": [8, 6]}}
TRUNKS: dict[str, dict[str, Any]] = {
    "mmoe": MMOE,
    "shared_bottom": SHARED_BOTTOM,
    "ple": PLE,
    "dcnv2_parallel": DCNV2,
    "dcnv2_stacked": {**DCNV2, "structure": "stacked", "cross": {"num_layers": 1, "rank": 2}},
    "tabm": TABM,
    "crossed_mmoe": {**MMOE, "cross": {"num_layers": 1}},
    "crossed_ple": {**PLE, "num_layers": 1, "cross": {"num_layers": 1}},
    "crossed_tabm": {**TABM, "cross": {"num_layers": 1}},
    "batch_normalised": {**MMOE, "expert": {"widths": [8, 6], "normalisation": "batch"}},
    "layer_normalised": {**TABM, "mlp": {"widths": [8, 6], "normalisation": "layer"}},
}
"""Every kind of trunk, with everything that a trunk can have."""
CALIBRATIONS: dict[str, Calibration] = {
    "click": Platt(slope=1.2, intercept=-0.1),
    "dwell": Moment(factor=1.3),
    "buy": Platt(),
}


def config(trunk: dict[str, Any] | None = None, **changes: Any) -> ModelConfig:
    settings = {"features": FEATURES, "tasks": TASKS, "embedding": {"dim": 4, "initial_std": 1.0}}
    return ModelConfig.model_validate({**settings, "trunk": trunk or MMOE, **changes})


def statistics() -> dict[str, LabelStatistics]:
    dwell = DurationStatistics(
        num_observed=9, mean_seconds=20, max_seconds=600, scale_seconds=12, log_mean=0.7, log_standard_deviation=0.8
    )
    binary = {"click": BinaryStatistics(num_observed=99, rate=0.1), "buy": BinaryStatistics(num_observed=99, rate=0.03)}
    return {**binary, "dwell": dwell}


def encoder(model: ModelConfig | None = None) -> Encoder:
    vocabularies = {
        "user": HashVocabulary(5),
        "item": LearnedVocabulary(CATEGORIES),
        "tags": LearnedVocabulary(CATEGORIES[:3]),
    }
    numerics = {
        "age": NumericStatistics(mean=40.0, standard_deviation=12.0, boundaries=(30.0, 50.0)),
        "price": NumericStatistics(mean=1.0, standard_deviation=1.0, boundaries=(-1.0, 0.0, 2.0)),
    }
    return Encoder((model or config()).features, Fitted(vocabularies, numerics))


def predictor(trunk: dict[str, Any] | None = None) -> Predictor:
    model = config(trunk)
    return far_from_start(model, encoder(model))


def far_from_start(model: ModelConfig, encoding: Encoder) -> Predictor:
    """A model whose weights are all far from where they start."""
    network = Network(model, encoding, statistics())
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "table" not in name:
                parameter.normal_(std=0.5)
    return Predictor(model, encoding, network, CALIBRATIONS)


def rows(num_rows: int, seed: int = 0) -> list[dict[str, Any]]:
    """Rows with known, unknown and missing values."""
    random = np.random.default_rng(seed)

    def ids(most: int) -> list[str]:
        return [str(random.choice([*CATEGORIES, "new"])) for _ in range(random.integers(0, most))]

    def some(value: Any) -> Any:
        return value if random.random() < 0.85 else None

    return [
        {
            "user": some(f"u{random.integers(9)}"),
            "age": some(float(random.normal(40, 12))),
            "history": some(ids(6)),
            "item": some(str(random.choice([*CATEGORIES, "new"]))),
            "price": some(float(random.normal(0, 3))),
            "tags": some(ids(4)),
        }
        for _ in range(num_rows)
    ]


def from_rows(model: ModelConfig, given: list[dict[str, Any]]) -> Columns:
    """Typed columns as the service makes them."""
    return {f.name: typed_column(f, [row.get(f.name) for row in given]) for f in model.features}


def from_table(model: ModelConfig, table: pa.Table) -> Columns:
    """Typed columns as training makes them."""
    return {f.name: typed(f, table.column(f.name).combine_chunks()) for f in model.features}
