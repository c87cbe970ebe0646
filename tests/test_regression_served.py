"""A regression task from the log to the answer; its label's unit and zero reach nothing but that answer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from models.checkpoint import load_checkpoint
from models.manifest import Manifest
from models.predictor import Predictor
from service.app import create_app
from service.settings import Settings
from tests.service.client import Client
from tests.training.small import FEATURES, TASKS, config, frame, write_days
from tests.training.worlds import silent
from training.pipeline import run, save
from training.score import score

STARS: dict[str, Any] = {
    "name": "stars", "kind": "regression", "label": "rating", "observed_when": "click", "reads": ["click"]
}  # fmt: skip
SETTINGS: dict[str, Any] = {
    "tasks": [TASKS[0], STARS, {**TASKS[1], "reads": ["click", "stars"]}],
    "training": {"batch_size": 128, "max_epochs": 8, "num_threads": 1},
    "evaluation": {"slice_by": ["user"]},
}
NUM_ROWS = 200


def log(factor: float = 1.0, shift: float = 0.0) -> pd.DataFrame:
    """Ratings that depend on the user, where something was clicked; null elsewhere, and there too in each ninth row."""
    made = frame(days=5, rows_per_day=1_500)
    random = np.random.default_rng(1)
    rating = 3.0 + made.user.str[1:].astype(int) - 3.5 + random.normal(size=len(made))
    made["rating"] = np.where((made.clicked == 1) & (made.row % 9 > 0), factor * rating + shift, np.nan)
    return made


@dataclass(frozen=True)
class Trained:
    """A version and the log that it comes from."""

    folder: Path
    version: Path
    predictor: Predictor
    manifest: Manifest


def trained(folder: Path, made: pd.DataFrame) -> Trained:
    version = save(run(config(write_days(folder / "log", made), **SETTINGS), silent()), folder / "versions", {})
    return Trained(folder / "log", version, *load_checkpoint(version))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return trained(tmp_path_factory.mktemp("plain"), log())


@pytest.fixture(scope="module")
def offline(plain: Trained) -> dict[str, np.ndarray]:
    output = plain.version.parent / "scores.parquet"
    score(plain.predictor, str(plain.folder), output)
    table = pq.read_table(output)
    return {name: table[name].to_numpy() for name in table.column_names}


def test_it_learns_and_is_calibrated(plain: Trained) -> None:
    metrics = plain.manifest.metrics["stars"]
    r2, bias, deviation = (metrics[key] for key in ("r2", "bias", "standard_deviation"))
    assert r2 is not None
    assert bias is not None
    assert deviation is not None
    assert r2 > 0.5  # what can be known is 5.25 / 6.25
    assert abs(bias) < 0.1 * deviation
    assert plain.manifest.calibrations["stars"].kind == "line"
    found = plain.manifest.statistics["stars"]
    made = log()
    train = made[made.time.dt.day < 13].rating.dropna()
    assert found.num_observed == len(train)
    assert found.model_dump()["mean"] == pytest.approx(train.mean())


def test_the_served_numbers_are_the_offline_ones(plain: Trained, offline: dict[str, np.ndarray]) -> None:
    features = [feature["name"] for feature in FEATURES]
    sent = log()[features].head(NUM_ROWS).astype({"age": object, "item": object})
    columns = {name: [None if pd.isna(value) else value for value in sent[name]] for name in features}
    with Client(create_app(Settings(checkpoint=plain.version))) as client:
        answer = client.predict({"columns": columns})
        assert answer.status_code == 200, answer.text
        predictions = answer.json()["predictions"]
        card = client.get("/model").json()
        document = client.get("/openapi.json").json()
    assert list(predictions[0]) == ["click", "stars", "dwell", "dwell_median"]
    for name in predictions[0]:
        served = [row[name] for row in predictions]
        np.testing.assert_allclose(served, offline[name][:NUM_ROWS], rtol=1e-5, atol=1e-6, err_msg=name)
    assert np.std(offline["stars"]) > 1
    assert min(offline["stars"]) < 0, "the unit has negative values"
    assert {task["name"]: task["fields"][0]["unit"] for task in card["tasks"]} == {
        "click": "probability", "stars": "label", "dwell": "seconds"
    }  # fmt: skip
    field = document["components"]["schemas"]["Prediction"]["properties"]["stars"]
    assert "minimum" not in field
    assert field["description"] == "mean stars, given that click happens (in the unit of its label)"


@pytest.mark.parametrize(("factor", "shift"), [(1e3, -2e4), (0.01, 7.0)])
def test_unit_and_zero_of_the_label_change_its_answer_and_nothing_else(
    tmp_path: Path, plain: Trained, factor: float, shift: float
) -> None:
    other = trained(tmp_path, log(factor, shift))
    weights = other.predictor.network.state_dict()  # other roundings of the label grow a little with each step
    for name, weight in plain.predictor.network.state_dict().items():
        np.testing.assert_allclose(weights[name], weight, rtol=5e-3, atol=5e-3, err_msg=name)
    for key, value in plain.manifest.metrics["stars"].items():
        scaled = value
        if value is not None and key not in {"r2", "xauc"}:
            scaled = value * factor + (shift if key == "mean" else 0)
        found = other.manifest.metrics["stars"][key]
        assert found == pytest.approx(scaled, rel=1e-3, abs=2e-3 * factor), key
    for name in ("click", "dwell"):
        # rows near a border of its bins move the calibration error by more than the predictions move
        assert other.manifest.metrics[name] == pytest.approx(plain.manifest.metrics[name], rel=1e-3, abs=5e-3), name
