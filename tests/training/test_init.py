"""A first configuration guessed from a log: loadable as it is, without leaks, every guess explained."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models.errors import DataError
from tests.training.small import FIRST_DAY, write, write_days
from training.config import Config, load_config
from training.initial.guess import Guesses, guess
from training.initial.profile import profile
from training.initial.toml import render


def log() -> pd.DataFrame:
    random = np.random.default_rng(0)
    n = 2_000
    clicked = random.random(n) < 0.2
    users = random.integers(0, 40, n)
    items = random.integers(0, 25, n)
    return pd.DataFrame(
        {
            "time_ms": [int(FIRST_DAY.timestamp() * 1_000) + row * 130_000 for row in range(n)],
            "impression_id": np.arange(n),
            "user_id": users,
            "country": np.array(["ch", "de", None], dtype=object)[users % 3],
            "device": np.array(["ios", "web"], dtype=object)[random.integers(0, 2, n)],
            "item_id": items,
            "watch_history": [random.integers(0, 25, 4).tolist() for _ in range(n)],
            "tags": np.array(["a,b", "b", "c,a"], dtype=object)[items % 3],
            "price": random.lognormal(2, 1, n),
            "version": "3.1",
            "nothing": None,
            "clicked": clicked.astype(np.int64),
            "dwell_seconds": np.where(clicked, random.exponential(20, n).round(1), 0.0),
            "converted": (clicked & (random.random(n) < 0.3)).astype(np.int64),
            "scroll_depth": clicked + random.normal(0, 0.1, n),
            "true_click": random.random(n),
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = log()
    days = write_days(tmp_path_factory.mktemp("log"), rows.assign(time=pd.to_datetime(rows.time_ms, unit="ms")))
    for path in days.rglob("*.parquet"):
        write(path, pd.read_parquet(path, partitioning=None).drop(columns="time"))
    return days


@pytest.fixture(scope="module")
def guesses(folder: Path) -> Guesses:
    return guess(profile(str(folder)), ["true_click"])


@pytest.fixture(scope="module")
def config(folder: Path, guesses: Guesses, tmp_path_factory: pytest.TempPathFactory) -> Config:
    path = tmp_path_factory.mktemp("toml") / "threefold.toml"
    path.write_text(render("first", str(folder), guesses), encoding="utf-8")
    return load_config(path)


def test_the_file_is_loadable_as_it_is(folder: Path, config: Config) -> None:
    assert config.name == "first"
    assert config.data.path == str(folder)


def test_the_time_and_its_unit(config: Config) -> None:
    assert (config.data.timestamp, config.data.timestamp_unit) == ("time_ms", "ms")


def test_labels(config: Config) -> None:
    found = {task.label: task for task in config.tasks}
    assert {label: task.kind for label, task in found.items()} == {
        "clicked": "binary",
        "dwell_seconds": "duration",
        "converted": "binary",
    }
    assert found["converted"].observed_when == found["dwell_seconds"].observed_when == "clicked"
    assert [edge.task for edge in found["converted"].reads] == ["clicked"]
    assert all(edge.stop_gradient for task in config.tasks for edge in task.reads)
    assert config.tasks[0].label == "clicked"


def test_features_kinds_and_scopes(config: Config) -> None:
    found = {feature.name: (feature.kind, feature.scope) for feature in config.features}
    assert found == {
        "user_id": ("categorical", "context"),
        "country": ("categorical", "context"),
        "device": ("categorical", "context"),
        "item_id": ("categorical", "candidate"),
        "watch_history": ("multi_categorical", "context"),
        "tags": ("multi_categorical", "candidate"),
        "price": ("numeric", "candidate"),
    }
    by_name: dict[str, Any] = {feature.name: feature for feature in config.features}
    assert by_name["watch_history"].shares == "item_id"
    assert by_name["tags"].separator == ","


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("true_click", "the simulator's truth"),
        ("impression_id", "never comes again"),
        ("version", "the same value in every row"),
        ("nothing", "null in every row"),
        ("scroll_depth", "orders 'clicked' almost perfectly"),
        ("date", "never comes again"),
    ],
)
def test_what_is_left_out_and_why(folder: Path, guesses: Guesses, config: Config, column: str, reason: str) -> None:
    assert reason in guesses.left_out[column]
    assert column not in {feature.name for feature in config.features}
    assert f"# left out: {column} (" in render("first", str(folder), guesses)


def test_every_guess_is_explained(folder: Path, guesses: Guesses) -> None:
    lines = render("first", str(folder), guesses).splitlines()
    for number, line in enumerate(lines):
        if line in {"[[features]]", "[[tasks]]"}:
            assert lines[number - 1].startswith("# ")


def test_a_log_without_labels_or_time_says_what_to_fill_in(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", {"item_id": [1, 2, 2, 1] * 10, "price": [1.5, 2.5, 3.5, 1.0] * 10})
    text = render("first", str(tmp_path), guess(profile(str(tmp_path))))
    assert "FILL_IN" in tomllib.loads(text)["data"]["timestamp"]
    assert tomllib.loads(text)["tasks"][0]["label"] == "FILL_IN"


def test_a_log_without_rows_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", {"x": pa.array([], pa.int64())})
    with pytest.raises(DataError, match="a log has rows; found none"):
        profile(str(tmp_path))
