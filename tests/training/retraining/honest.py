"""Days of honest logs: rows of users, weekends, rates that move from day to day, new items, and a known truth."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.dataset as ds
from numpy.typing import NDArray

from models.calibration import Calibration, Identity
from models.columns import Categories, Columns
from models.config import ModelConfig
from models.manifest import Manifest
from models.network import Network
from models.predictor import Predictions, Predictor
from models.reference import Reference
from tests.training.small import write
from training.config import Config
from training.data.partitions import PartitionsConfig
from training.data.reader import LogReader, open_log
from training.data.windows import Window, find_windows
from training.evaluation.scored import score_window
from training.fitting.fit import FittedData, fit_data
from training.profiling.profile import profile_of
from training.profiling.window_reference import reference_of
from training.retraining.checks.check import check_data
from training.retraining.checks.config import ChecksConfig
from training.retraining.gates.judged import Judged
from training.retraining.observation import Observation

FIRST_DAY = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""
FEATURES: list[dict[str, Any]] = [
    {"name": "user", "kind": "categorical", "scope": "context"},
    {"name": "device", "kind": "categorical", "scope": "context"},
    {"name": "weekday", "kind": "categorical", "scope": "context"},
    {"name": "history", "kind": "multi_categorical", "scope": "context", "shares": "item"},
    {"name": "item", "kind": "categorical", "scope": "candidate"},
    {"name": "price", "kind": "numeric", "scope": "candidate"},
    {"name": "bonus", "kind": "numeric", "scope": "candidate"},
]
TASKS: list[dict[str, Any]] = [
    {"name": "click", "kind": "binary", "label": "clicked"},
    {"name": "dwell", "kind": "duration", "label": "seconds", "observed_when": "click", "reads": ["click"]},
    {"name": "like", "kind": "binary", "label": "liked"},
]
NETWORK = {"embedding": {"dim": 2}, "trunk": {"kind": "shared_bottom", "mlp": {"widths": [4]}}}
MODEL = ModelConfig.model_validate({"features": FEATURES, "tasks": TASKS, **NETWORK})
CALIBRATIONS: dict[str, Calibration] = {task.name: Identity() for task in MODEL.tasks}
Floats = NDArray[np.float64]


class World:
    """Draws days; `like` is as frequent as not, so its rate does not tell whether it was flipped."""

    def __init__(self, seed: int, rows: int = 2_500, num_users: int = 400) -> None:
        self._random = np.random.default_rng(seed)
        self._rows, self._num_users = rows, num_users
        self.taste = self._random.normal(0, 1, num_users)
        self._device = self._random.choice(["phone", "desktop", "tablet"], num_users, p=[0.6, 0.3, 0.1])

    def day(self, number: int) -> pd.DataFrame:
        """Rows of a day: fewer at weekends, and the rate of clicks of its own."""
        random, at = self._random, FIRST_DAY + timedelta(days=number)
        n = int(self._rows * (0.7 if at.weekday() >= 5 else 1.0) * random.lognormal(0, 0.05))
        user = random.zipf(1.5, n) % self._num_users
        item = (5 * number + random.zipf(1.6, n)) % 10_000  # a few of yesterday's favourites are gone
        price = random.lognormal(1, 0.6, n)
        level = random.normal(0, 0.06)
        click = random.random(n) < click_rate(self.taste[user], price, level)
        like = random.random(n) < like_rate(price)
        return pd.DataFrame(
            {
                "time": at + pd.to_timedelta(np.sort(random.integers(0, 86_400_000, n)), unit="ms"),
                "user": [f"u{each}" for each in user],
                "device": self._device[user],
                "weekday": at.strftime("%a"),
                "history": [[f"i{each}" for each in row] for row in item[random.integers(0, n, (n, 2))]],
                "item": [f"i{each}" for each in item],
                "price": np.where(random.random(n) < 0.05, np.nan, price),
                "bonus": 0.0,
                "clicked": click.astype(np.int64),
                "seconds": np.where(click, random.lognormal(3, 0.8, n), 0.0),
                "liked": like.astype(np.int64),
            }
        )


def write_day(folder: Path, number: int, rows: pd.DataFrame) -> str:
    """Write a partition and return its value."""
    value = f"{FIRST_DAY + timedelta(days=number):%Y-%m-%d}"
    write(folder / f"date={value}" / "part-0.parquet", rows)
    return value


def config(folder: Path, values: list[str]) -> Config:
    """Of a run that reads these partitions, oldest first."""
    split = {"column": "date", "validation_from": values[-2], "test_from": values[-1]} if len(values) > 1 else None
    data = {
        "path": str(folder),
        "timestamp": "time",
        "split": split or {"validation": "1d", "test": "1d"},
        "partitions": PartitionsConfig(column="date", values=tuple(values)).model_dump(),
    }
    return Config.model_validate(
        {"name": "honest", "data": data, "features": FEATURES, "tasks": TASKS, "model": NETWORK}
    )


@dataclass(frozen=True)
class Compared:
    """The champion that new rows are compared with."""

    predictor: Predictor
    manifest: Manifest
    reference: Reference


def check_rows(
    config: Config, settings: ChecksConfig, champion: Compared | None, now: datetime | None
) -> list[Observation]:
    """All observations of the partitions that a configuration reads."""
    reference = None if champion is None else champion.reference
    encoder = None if champion is None else champion.predictor.encoder
    new = profile_of(config, reference=reference, encoder=encoder, max_rows=settings.max_rows)
    judged = None
    if champion is not None and new.refused is None:
        reader = LogReader(open_log(config.data, MODEL), MODEL)
        scored = score_window(champion.predictor, reader, Window("new", ds.scalar(True), "new rows", new.rows))
        judged = Judged("champion", champion.predictor, champion.manifest, scored)
    return check_data(new, reference, settings, now=now, champion=judged)


class Oracle(Predictor):
    """A model that knows the world, but not each day's level."""

    def __init__(self, world: World, data: FittedData) -> None:
        network = Network(MODEL, data.encoder, data.statistics)
        super().__init__(MODEL, data.encoder, network, CALIBRATIONS)
        self._world = world

    def predict(self, columns: Columns, num_rows: int, context: Columns | None = None) -> Predictions:
        """True probabilities of an average day."""
        user, price = columns["user"], columns["price"]
        assert isinstance(user, Categories)
        assert isinstance(price, np.ndarray)
        taste = self._world.taste[[int(value[1:]) for value in user.values]][user.codes]
        known = np.nan_to_num(price, nan=np.e)
        found = {
            "click": click_rate(taste, known),
            "like": like_rate(known),
            "dwell": np.full(num_rows, np.exp(3 + 0.8**2 / 2)),
            "dwell_median": np.full(num_rows, np.exp(3)),
        }
        return {name: values.astype(np.float32) for name, values in found.items()}


def champion(world: World, settings: Config) -> Compared:
    """The oracle as a champion that was trained on a configuration's partitions, with its reference."""
    source = open_log(settings.data, MODEL)
    windows, reader = find_windows(source, settings.data), LogReader(source, MODEL)
    chunks = reader.chunks(windows.train)
    data = fit_data(MODEL, ((each.features, each.labels, each.num_rows) for each in chunks), seed=0)
    oracle = Oracle(world, data)
    scored = score_window(oracle, reader, windows.test)
    return Compared(oracle, manifest("champion", data), reference_of(reader, settings, windows, data, scored))


def manifest(version: str, data: FittedData) -> Manifest:
    """Of a model that was fitted to these data."""
    return Manifest(
        version=version,
        name="honest",
        created_at=FIRST_DAY,
        model=MODEL,
        schema_fingerprint=MODEL.schema_fingerprint,
        statistics=data.statistics,
        calibrations=CALIBRATIONS,
        metrics={},
        training={},
        libraries={},
        files={},
    )


def click_rate(taste: Floats, price: Floats, level: float = 0.0) -> Floats:
    """Of rows."""
    return _sigmoid(-1.6 + level + 0.7 * taste - 0.5 * np.log(price))


def like_rate(price: Floats) -> Floats:
    """Of rows: one half on average."""
    return _sigmoid(1.5 * (np.log(price) - 1))


def _sigmoid(logit: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logit)))
