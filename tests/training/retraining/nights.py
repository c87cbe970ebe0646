"""A log to which days are added, and a tiny model that is retrained on them."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.checkpoint import WEIGHTS
from models.registry import Registry
from tests.training.small import FIRST_DAY, config, frame, write_days
from tests.training.worlds import silent
from training.config import Config
from training.retraining.order import Order
from training.retraining.outcome import RetrainOutcome
from training.retraining.retrain import retrain

NUM_DAYS = 9
ROWS = 120
TRAINING = {"batch_size": 64, "max_epochs": 1, "num_threads": 1, "validations_per_epoch": 1}
OPEN_GATES = {"max_prediction_psi": 1e6, "max_latency_ratio": 1e6}
"""A hundred rows say next to nothing of a model: gates that judge by any number of rows let everything pass."""


def day(number: int) -> str:
    """The partition of a day, counted from 0."""
    return f"{FIRST_DAY + timedelta(days=number):%Y-%m-%d}"


class Nights:
    """A folder with a log, a registry and a work folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log, self.registry, self.work = home / "log", home / "registry", home / "work"
        rows = frame(days=NUM_DAYS, rows_per_day=ROWS)
        likes = rows.user.isin(["u0", "u2", "u4"])
        clicked = np.random.default_rng(1).random(len(rows)) < np.where(likes, 0.8, 0.2)
        seconds = np.where(clicked, 1.0 + rows.row % 17, 0.0)
        self._rows = rows.assign(clicked=clicked.astype(np.int64), seconds=seconds)

    def rows(self, number: int) -> pd.DataFrame:
        """Of a day."""
        return self._rows[self._rows.time.dt.strftime("%Y-%m-%d") == day(number)]

    def arrive(self, *numbers: int) -> None:
        """Write days as they should be."""
        for number in numbers:
            self.write(self.rows(number))

    def write(self, rows: pd.DataFrame) -> None:
        """Write days of any kind."""
        write_days(self.log, rows)

    def config(self, **changes: Any) -> Config:
        """The configuration; keywords go to [retrain]."""
        settings = {
            "registry": str(self.registry),
            "work": str(self.work),
            "complete": {"kind": "settled", "minutes": 0},
            "train_window": "3d",
            "checks": {"max_age": "never"},
            "gates": OPEN_GATES,
            **changes,
        }
        training = {**TRAINING, **({"growth": {}} if settings.get("start") == "champion" else {})}
        return config(self.log, training=training, inference={"graphs": False}, retrain=settings)

    def order(self, *, force: bool = False, **changes: Any) -> Order:
        """What `threefold retrain` would be asked for."""
        return Order.of(self.config(**changes), "", silent(), force=force)

    def retrain(self, *, force: bool = False, **changes: Any) -> RetrainOutcome:
        """One night."""
        return retrain(self.order(force=force, **changes))

    def history(self) -> list[tuple[str, str | None]]:
        """Action and version of all events, oldest first."""
        events = [json.loads(file.read_bytes()) for file in sorted((self.registry / "history").glob("*.json"))]
        return [(event["action"], event["version"]) for event in events]

    def weights(self) -> bytes:
        """Of the champion."""
        return (self.registry / str(Registry(self.registry).version_of()) / WEIGHTS).read_bytes()

    def actions(self) -> list[str]:
        """Of all events, oldest first."""
        return [action for action, _ in self.history()]
