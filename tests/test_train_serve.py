"""The served prediction is the offline one: score a log in bulk, then ask the service for the same rows."""

import asyncio
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from models.checkpoint import load_checkpoint
from models.ranking import RankingConfig
from service.app import create_app
from service.client import AsyncClient
from service.client.core import Question
from service.settings import Settings
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
    ranked = small_config(log).model_copy(update={"ranking": RankingConfig(utility="click * (1 + dwell * conversion)")})
    return save(run(ranked, silent()), tmp_path_factory.mktemp("versions"), {})


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


def part_of(row: Row, *scopes: str) -> Row:
    return {feature["name"]: row[feature["name"]] for feature in FEATURES if feature["scope"] in scopes}


def questions(form: str, rows: list[Row]) -> Iterator[Question]:
    """The rows, in order, as requests of one form."""
    if form == "context":
        for _, request in groupby(rows, key=lambda row: row["request_id"]):
            shown = list(request)
            candidates = [part_of(row, "candidate") for row in shown]
            yield {"context": part_of(shown[0], "context"), "candidates": candidates}
    for start in range(0, len(rows), 300) if form != "context" else ():
        part = [part_of(row, "context", "candidate") for row in rows[start : start + 300]]
        columns = {name: [row[name] for row in part] for name in part[0]}
        yield {"instances": part} if form == "instances" else {"columns": columns}


async def served(version: Path, form: str, rows: list[Row]) -> dict[str, list[float]]:
    """What the service answers for the rows, by field."""
    app = create_app(Settings(checkpoint=version))
    found: dict[str, list[float]] = {}
    async with (
        app.router.lifespan_context(app),
        AsyncClient("http://service", transport=httpx.ASGITransport(app)) as client,
    ):
        for question in questions(form, rows):
            if form == "table":
                columns = (await client.predict_table(question["columns"])).to_pydict()
            else:
                columns = (await client.predict(**question)).columns
            for field, values in columns.items():
                found.setdefault(field, []).extend(values)
    return found


@pytest.mark.parametrize("form", ["context", "instances", "columns", "table"])
def test_every_served_prediction_equals_the_offline_one(
    form: str, rows: list[Row], offline: dict[str, np.ndarray], version: Path
) -> None:
    found = asyncio.run(served(version, form, rows))
    assert set(found) == set(offline) >= {"click", "score"}
    for name, expected in offline.items():
        assert len(found[name]) == NUM_ROWS
        rtol = 1e-5 if name == "score" else 1e-6  # three roundings meet in it
        np.testing.assert_allclose(found[name], expected, rtol=rtol, atol=1e-6, err_msg=name)
        assert np.std(expected) > 0, "a constant would prove nothing"
