"""Candidate and champion that are the truth with noise of their own, on rows of users; nothing is trained."""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.calibration import Calibration, Identity
from models.config import ModelConfig
from models.encoder import Encoder, Fitted
from models.features.vocabulary import HashVocabulary
from models.heads import BinaryStatistics, DurationStatistics, LabelStatistics, RegressionStatistics, ValueStatistics
from models.heads.inflated import Inflation
from models.manifest import Manifest
from models.network import Network
from models.predictor import Predictor
from tests.training.retraining.honest import FIRST_DAY
from training.evaluation.scored import Scored
from training.retraining.gates.judged import Judged

Floats = NDArray[np.float64]
MODEL = ModelConfig.model_validate(
    {
        "features": [
            {
                "name": "user",
                "kind": "categorical",
                "scope": "context",
                "vocabulary": {"kind": "hash", "num_buckets": 4},
            }
        ],
        "tasks": [
            {"name": "click", "kind": "binary", "label": "clicked"},
            {"name": "rare", "kind": "binary", "label": "bought"},
            {"name": "dwell", "kind": "duration", "label": "seconds", "observed_when": "click"},
            {"name": "rating", "kind": "regression", "label": "stars"},
            {"name": "spend", "kind": "value", "label": "euros"},
        ],
        "embedding": {"dim": 2},
        "trunk": {"kind": "shared_bottom", "mlp": {"widths": [4]}},
    }
)
STATISTICS: dict[str, LabelStatistics] = {
    "click": BinaryStatistics(num_observed=9, rate=0.2),
    "rare": BinaryStatistics(num_observed=9, rate=0.02),
    "dwell": DurationStatistics(
        num_observed=9, mean_seconds=20, max_seconds=999, scale_seconds=15, log_mean=0.7, log_standard_deviation=0.5
    ),
    "rating": RegressionStatistics(num_observed=9, mean=0, standard_deviation=1.2, min=-9, max=9),
    "spend": ValueStatistics(
        num_observed=9,
        mean=1,
        max=500,
        amounts=Inflation(threshold=0, share_above=0.1, log_mean=2, log_deviation=1, log_unit=1),
        base_cost=1,
    ),
}


class Pairs:
    """Draws rows and models of them.

    Args:
        seed: of rows and models.
        noise: of a model's logits and logarithms against the truth; an honest one has some.
    """

    def __init__(self, seed: int, rows: int = 6_000, noise: float = 0.1) -> None:
        self._random = random = np.random.default_rng(seed)
        self._noise, self._rows = noise, rows
        self.user = random.zipf(1.4, rows) % 500
        taste, level = random.normal(0, 1, 500)[self.user], random.normal(0, 0.05)
        self._logit, self._rare = -1.6 + 0.8 * taste, -4.3 + taste
        self._log_dwell, self._rating = 2.5 + 0.5 * taste, 0.6 * taste
        clicks = random.random(rows) < _sigmoid(self._logit + level)
        amounts = random.lognormal(2, 1, rows) * (random.random(rows) < _sigmoid(self._logit - 0.5))
        self.labels = {
            "click": clicks.astype(np.float64),
            "rare": (random.random(rows) < _sigmoid(self._rare)).astype(np.float64),
            "dwell": np.where(clicks, np.exp(self._log_dwell + random.normal(0, 0.8, rows)), np.nan),
            "rating": self._rating + random.normal(0, 1, rows),
            "spend": amounts,
        }

    def model(self, noise: float | None = None, level: float = 0.0) -> Judged:
        """A model whose noise and level are its own.

        Args:
            noise: against the truth, by row; None for an honest one.
            level: of all predictions, as a logarithm.
        """
        off = self._off(self._noise if noise is None else noise)
        click = _sigmoid(self._logit + off) * np.exp(level)
        predictions = {
            "click": click,
            "rare": _sigmoid(self._rare + off) * np.exp(level),
            "dwell": np.exp(self._log_dwell + 0.32 + off + level),
            "dwell_median": np.exp(self._log_dwell + off + level),
            "rating": self._rating + off + level,
            "spend": _sigmoid(self._logit - 0.5) * np.exp(2.5 + off + level),
            "spend_probability": _sigmoid(self._logit - 0.5 + off),
        }
        scored = Scored(self.labels, predictions, pd.DataFrame({"user": self.user}))
        return Judged("some", _predictor(), MANIFEST, scored, latency_ms=3.0)

    def _off(self, noise: float) -> Floats:
        """What a training gets wrong: of users and of rows, and a level."""
        of_users = self._random.normal(0, noise, 500)[self.user]
        return of_users + self._random.normal(0, noise, self._rows) + self._random.normal(0, 0.02)


def predicting(model: Judged, **changed: Floats) -> Judged:
    """The model with other predictions."""
    scored = model.scored
    return replace(model, scored=Scored(scored.labels, {**scored.predictions, **changed}, scored.extra))


CALIBRATIONS: dict[str, Calibration] = {task.name: Identity() for task in MODEL.tasks}
MANIFEST = Manifest(
    version="some",
    name="pairs",
    created_at=FIRST_DAY,
    model=MODEL,
    schema_fingerprint=MODEL.schema_fingerprint,
    statistics=STATISTICS,
    calibrations=CALIBRATIONS,
    metrics={},
    training={},
    libraries={},
    files={},
)


def _predictor() -> Predictor:
    encoder = Encoder(MODEL.features, Fitted({"user": HashVocabulary(4)}, {}))
    return Predictor(MODEL, encoder, Network(MODEL, encoder, STATISTICS), CALIBRATIONS)


def _sigmoid(logit: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logit)))
