"""A log whose ids come and go, and a model with every kind of table."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.columns import Columns
from models.encoder import Encoder
from models.predictor import Predictions, Predictor, typed_column
from tests.training.small import FIRST_DAY, TASKS, config, frame, write_days
from training.config import Config
from training.growth.parent import Parent
from training.growth.start import first_network
from training.pipeline import Prepared

LEARNED = {"kind": "learned", "min_count": 1}
FEATURES: list[dict[str, Any]] = [
    {"name": "user", "kind": "categorical", "scope": "context", "vocabulary": LEARNED, "id_dropout": 0.1},
    {"name": "age", "kind": "numeric", "scope": "context", "encoding": "standardise"},
    {"name": "row", "kind": "numeric", "scope": "context", "num_buckets": 4},
    {"name": "item", "kind": "categorical", "scope": "candidate", "vocabulary": {"kind": "hash", "num_buckets": 8}},
    {"name": "tags", "kind": "multi_categorical", "scope": "candidate", "separator": ",", "with_length": True},
]
CROSSES = [{"name": "user_item", "of": ["user", "item"], "vocabulary": LEARNED}]
TRAINING = {"batch_size": 16, "max_epochs": 3, "num_threads": 1, "validations_per_epoch": 1}
NUM_DAYS = 6


def write_log(folder: Path) -> pd.DataFrame:
    """Six days; user `gone` is in the first alone, `came` from the third on, and all others are there every day.

    Clicks depend on the user, so that predictions do.
    """
    log = frame(days=NUM_DAYS, rows_per_day=80)
    days = (log.time - FIRST_DAY) // timedelta(days=1)
    is_tenth = log.row % 10 == 0
    log["user"] = log.user.mask(is_tenth & (days == 0), "gone").mask(is_tenth & (days >= 2), "came")
    likes = log.user.isin(["gone", "came", "u0", "u2", "u4", "u6"])
    clicked = np.random.default_rng(1).random(len(log)) < np.where(likes, 0.8, 0.1)
    log = log.assign(clicked=clicked.astype(np.int64), seconds=np.where(clicked, 1.0 + log.row % 17, 0.0))
    write_days(folder, log)
    return log


def days_config(folder: Path, first: int, *, num_days: int = 2, **changes: Any) -> Config:
    """Training on some days, validation on the next, and test on all that follow; keywords replace sections."""
    starts = [f"{FIRST_DAY + timedelta(days=day):%Y-%m-%d}" for day in (first, first + num_days, first + num_days + 1)]
    split = dict(zip(("train_from", "validation_from", "test_from"), starts, strict=True))
    training = {**TRAINING, "growth": {}, **changes.pop("training", {})}
    data = {"path": str(folder), "timestamp": "time", "split": split}
    return config(folder, **{"data": data, "features": FEATURES, "crosses": CROSSES, "training": training, **changes})


def untrained(prepared: Prepared) -> Predictor:
    """What a run begins with, calibrated as its parent is."""
    parent = prepared.parent
    assert parent is not None
    model = prepared.config.model_part()
    network = first_network(model, prepared.data, parent)
    return Predictor(model, prepared.data.encoder, network, parent.manifest.calibrations)


def columns_of(encoder: Encoder, log: pd.DataFrame) -> Columns:
    """Rows of the log as a request has them."""
    plain = log.astype(object).where(log.notna(), None)
    return {f.name: typed_column(f, plain[f.name].tolist()) for f in encoder.features}


def predicted(predictor: Predictor, log: pd.DataFrame) -> Predictions:
    """Predictions of all rows."""
    return predictor.predict(columns_of(predictor.encoder, log), len(log))


def ids(owner: Parent | Prepared, name: str) -> list[str]:
    """The ids of a vocabulary, in the order of their rows."""
    encoder = owner.encoder if isinstance(owner, Parent) else owner.data.encoder
    vocabulary = encoder.fitted.vocabularies[name]
    return list(vocabulary.values)  # type: ignore[union-attr]


__all__ = ["TASKS", "columns_of", "days_config", "ids", "predicted", "untrained", "write_log"]
