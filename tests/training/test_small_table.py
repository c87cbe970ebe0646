"""`threefold init` knows a small table, and proposes for it what examples/tabular.toml is measured with."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.training.small import write
from training.config import load_config, validated
from training.initial.guess import guess
from training.initial.profile import profile
from training.initial.tabular import MOST_CATEGORIES, MOST_ROWS
from training.initial.toml import render

EXAMPLE = load_config(Path(__file__).parents[2] / "examples" / "tabular.toml")


def proposed(folder: Path, num_rows: int = 20_000, **columns: Any) -> dict[str, Any]:
    """What `init` writes for a table of numbers and a category, and further columns."""
    random, n = np.random.default_rng(0), 4_000
    table = {
        "time": pd.date_range("2026-01-01", periods=n, freq="1min", tz="UTC"),
        "carat": random.normal(1, 0.2, n),
        "cut": random.choice(["good", "fair"], n),
        "ordered": random.integers(0, 2, n),
        **columns,
    }
    path = write(
        folder / "log.parquet", pd.DataFrame({name: column for name, column in table.items() if column is not None})
    )
    return tomllib.loads(render("small", str(path), guess(profile(str(path))), num_rows))


def test_a_small_table_gets_the_settings_of_the_example(tmp_path: Path) -> None:
    config = validated(proposed(tmp_path), "init")
    assert (config.model, config.training) == (EXAMPLE.model, EXAMPLE.training)
    encodings = {feature.encoding for feature in (*config.features, *EXAMPLE.features) if feature.kind == "numeric"}
    assert encodings == {"piecewise_linear"}


def test_without_numbers_there_is_no_optimizer_for_them(tmp_path: Path) -> None:
    groups = validated(proposed(tmp_path, carat=None), "init").training.optimizers
    assert groups == {name: group for name, group in EXAMPLE.training.optimizers.items() if name != "inputs"}


@pytest.mark.parametrize(
    ("num_rows", "columns"),
    [
        (MOST_ROWS, {}),
        (20_000, {"user_id": np.arange(4_000) % 40}),
        (20_000, {"item_id": np.arange(4_000) % (MOST_CATEGORIES + 1)}),
        (20_000, {"tags": ["a,b", "c"] * 2_000}),
    ],
)
def test_a_log_with_ids_or_lists_or_many_rows_keeps_the_defaults(
    tmp_path: Path, num_rows: int, columns: dict[str, Any]
) -> None:
    settings = proposed(tmp_path, num_rows, **columns)
    assert "model" not in settings
    assert "optimizers" not in settings.get("training", {})
