"""The served prediction is the offline one: score a log in bulk, then ask the service for the same rows."""

from collections.abc import Iterator
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
from tests.training.worlds import FEATURES, silent, small_config, write_world
from training.pipeline import run, save
from training.score import score

NUM_ROWS = 1_000
Row = dict[str, Any]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(tmp_path_factory.mktemp("serve") / "logs")


@pytest.fixture(scope="module")
def version(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(run(small_config(log), silent()), tmp_path_factory.mktemp("versions"), {})


@pytest.fixture(scope="module")
def rows(log: Path) -> list[Row]:
    """The newest rows of the log, with the model's features and the request that they belong to."""
    names = [feature["name"] for feature in FEATURES]
    table = ds.dataset(log, partitioning="hive").to_table(columns=[*names, "request_id"])
    return table.slice(table.num_rows - NUM_ROWS).to_pylist()


@pytest.fixture(scope="module")
def offline(log: Path, version: Path) -> dict[str, np.ndarray]:
    """What `threefold score` writes for these rows."""
    output = version.parent / "scores.parquet"
    score(load_checkpoint(version)[0], str(log), output)
    table = pq.read_table(output)
    return {name: table[name].to_numpy()[-NUM_ROWS:] for name in table.column_names}


@pytest.fixture
def client(version: Path) -> Iterator[Client]:
    with Client(create_app(Settings(checkpoint=version))) as client:
        yield client


def part_of(row: Row, *scopes: str) -> Row:
    return {feature["name"]: row[feature["name"]] for feature in FEATURES if feature["scope"] in scopes}


def bodies(form: str, rows: list[Row]) -> Iterator[Row]:
    """The rows, in order, as requests of one form."""
    if form == "context":
        for _, request in groupby(rows, key=lambda row: row["request_id"]):
            shown = list(request)
            candidates = [part_of(row, "candidate") for row in shown]
            yield {"context": part_of(shown[0], "context"), "candidates": candidates}
    for start in range(0, len(rows), 300) if form != "context" else ():
        part = [part_of(row, "context", "candidate") for row in rows[start : start + 300]]
        yield (
            {"instances": part}
            if form == "instances"
            else {"columns": {name: [row[name] for row in part] for name in part[0]}}
        )


@pytest.mark.parametrize("form", ["context", "instances", "columns"])
def test_every_served_prediction_equals_the_offline_one(
    form: str, rows: list[Row], offline: dict[str, np.ndarray], client: Client
) -> None:
    served: list[dict[str, float]] = []
    for body in bodies(form, rows):
        answer = client.predict(body)
        assert answer.status_code == 200, answer.text
        served += answer.json()["predictions"]
    assert len(served) == NUM_ROWS
    assert set(served[0]) == set(offline)
    for name, expected in offline.items():
        np.testing.assert_allclose([row[name] for row in served], expected, rtol=1e-6, atol=1e-6, err_msg=name)
        assert np.std(expected) > 0, "a constant would prove nothing"
