"""Crosses, attention, piecewise-linear numbers and id dropout, from a log to answers that agree with offline scores."""

from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from models.checkpoint import load_checkpoint
from service.app import create_app
from service.settings import Settings
from tests.service.client import Client
from tests.training.worlds import FEATURES, TASKS, silent, small_config, write_world
from training.config import Config
from training.pipeline import run, save
from training.score import score

NUM_ROWS = 200
CHANGES: dict[str, dict[str, Any]] = {
    "user_id": {"id_dropout": 0.1},
    "history": {"pooling": "attention", "with_length": True, "id_dropout": 0.1},
    "user_tenure_days": {"encoding": "piecewise_linear"},
    "price": {"encoding": "piecewise_linear"},
}
CROSSES = [
    {"name": "user_placement", "of": ["user_id", "placement"]},
    {"name": "placement_position", "of": ["placement", "position", "category"]},
]


def rich_config(log: Path) -> Config:
    plain = small_config(log).model_dump(mode="json")
    features = [{**feature, **CHANGES.get(feature["name"], {})} for feature in FEATURES]
    optimizers = {"inputs": {"kind": "adamw", "learning_rate": 2e-3}}
    training = {**plain["training"], "optimizers": optimizers, "max_steps": 15}
    tasks = [task for task in plain["tasks"] if task["name"] == TASKS[0]["name"]]
    return Config.model_validate(
        {**plain, "features": features, "crosses": CROSSES, "tasks": tasks, "training": training}
    )


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(tmp_path_factory.mktemp("rich") / "logs", days=3, rows_a_day=3_000)


@pytest.fixture(scope="module")
def version(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(run(rich_config(log), silent()), tmp_path_factory.mktemp("versions"), {})


def test_every_served_prediction_equals_the_offline_one(log: Path, version: Path) -> None:
    predictor, manifest = load_checkpoint(version)
    scores = version.parent / "scores.parquet"
    score(predictor, str(log), scores)
    offline = pq.read_table(scores)["click"].to_numpy()[-NUM_ROWS:]
    table = ds.dataset(log, partitioning="hive").to_table(columns=[*(f["name"] for f in FEATURES), "request_id"])
    served: list[float] = []
    with Client(create_app(Settings(checkpoint=version))) as client:
        card = client.get("/model").json()
        for _, shown in groupby(table.slice(table.num_rows - NUM_ROWS).to_pylist(), lambda row: row["request_id"]):
            rows = list(shown)
            parts = {
                scope: [{f["name"]: row[f["name"]] for f in FEATURES if f["scope"] == scope} for row in rows]
                for scope in ("context", "candidate")
            }
            answer = client.predict({"context": parts["context"][0], "candidates": parts["candidate"]})
            assert answer.status_code == 200, answer.text
            served += [row["click"] for row in answer.json()["predictions"]]
    np.testing.assert_allclose(served, offline, rtol=1e-6, atol=1e-6)
    assert np.std(offline) > 0, "a constant would prove nothing"
    assert [feature["name"] for feature in card["features"]] == [feature["name"] for feature in FEATURES]
    assert manifest.model.crosses == rich_config(log).crosses


def test_dense_inputs_were_trained_at_their_own_rate(version: Path) -> None:
    predictor, manifest = load_checkpoint(version)
    assert manifest.training["config"]["training"]["optimizers"]["inputs"]["learning_rate"] == 2e-3
    attention = predictor.network.embeddings.inputs.attentions[0]
    assert attention.last.weight.any(), "it began at zero"


def test_a_request_for_a_cross_is_refused(version: Path) -> None:
    with Client(create_app(Settings(checkpoint=version))) as client:
        answer = client.predict({"instances": [{"user_placement": "u000001|feed"}]})
        assert answer.status_code == 422
        assert "user_placement" in answer.text
        unknown = {"context": {"user_id": "nobody", "placement": "feed"}, "candidates": [{"item_id": "new"}] * 2}
        assert client.predict(unknown).status_code == 200
        assert client.metric("threefold_unknown_categories_total", feature="user_id") == 2
        assert 'feature="user_placement"' not in client.get("/metrics").text
