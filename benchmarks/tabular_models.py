"""The two that are compared on small tables: both get the same rows, and stop by the same validation rows."""

from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.tabular_sets import LABEL, PART, ROW, TabularSet
from training.config import Config, read_settings, validated
from training.pipeline import run

TEMPLATE = Path(__file__).parent.parent / "examples" / "tabular.toml"
Predictions = NDArray[np.float64]

LIGHTGBM: dict[str, Any] = {
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_child_samples": 20,
    "subsample": 0.8,
    "subsample_freq": 1,
    "colsample_bytree": 0.8,
    "n_estimators": 5_000,
    "n_jobs": 1,
    "verbosity": -1,
}
"""Its defaults, but a smaller rate with as many trees as the validation rows want, and sampling of rows and columns."""
PATIENCE = 100


def ours(which: TabularSet, rows: pd.DataFrame, seed: int, folder: Path) -> Predictions:
    """Predictions of the test rows, in their order, by the model that the template makes."""
    path = folder / "rows.parquet"
    rows.to_parquet(path, index=False)
    config = config_for(which, rows, path).with_overrides(seed=seed)
    torch.set_num_threads(1)
    scored = run(config, Console(quiet=True)).scored
    assert np.array_equal(scored.labels[LABEL].astype(np.float32), labels_of_test(rows).astype(np.float32))
    return np.asarray(scored.predictions[LABEL], dtype=np.float64)


def config_for(which: TabularSet, rows: pd.DataFrame, path: Path) -> Config:
    """The template with the columns of a table: every other setting is the same for all of them."""
    settings = read_settings(TEMPLATE)
    patterns = {feature["kind"]: feature for feature in settings["features"]}
    settings["features"] = [
        {**patterns["categorical" if name in which.categorical else "numeric"], "name": name}
        for name in inputs_of(rows)
    ]
    settings["tasks"][0]["kind"] = which.kind
    settings["data"]["path"] = str(path)
    return validated(settings, TEMPLATE.name)


def lightgbm(which: TabularSet, rows: pd.DataFrame, seed: int) -> Predictions:
    """Predictions of the test rows, in their order; categories are handed over as such."""
    inputs = rows[inputs_of(rows)].astype(dict.fromkeys(which.categorical, "category"))
    label = rows[LABEL]
    train, validation, test = (rows[PART] == part for part in range(3))
    kind = lgb.LGBMClassifier if which.kind == "binary" else lgb.LGBMRegressor
    model = kind(**LIGHTGBM, random_state=seed)
    model.fit(
        inputs[train],
        label[train],
        eval_set=[(inputs[validation], label[validation])],
        callbacks=[lgb.early_stopping(PATIENCE, verbose=False)],
    )
    found = model.predict_proba(inputs[test])[:, 1] if which.kind == "binary" else model.predict(inputs[test])
    return np.asarray(found, dtype=np.float64)


def inputs_of(rows: pd.DataFrame) -> list[str]:
    """Its columns that a model may read."""
    return [name for name in rows if name not in (LABEL, ROW, PART)]


def labels_of_test(rows: pd.DataFrame) -> Predictions:
    """What the predictions are held against."""
    return rows.loc[rows[PART] == 2, LABEL].to_numpy(dtype=np.float64)
