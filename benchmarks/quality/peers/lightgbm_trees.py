"""LightGBM, one model a task (Ke et al., NeurIPS 2017), stopped early on the validation rows."""

import time
from typing import Any

import lightgbm
import numpy as np

from benchmarks.quality.peers.arrays import Given, answer, given

SETTINGS: dict[str, Any] = {
    "learning_rate": 0.05,
    "num_leaves": 31,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "num_threads": 1,
    "deterministic": True,
    "verbosity": -1,
}
ROUNDS, PATIENCE = 2_000, 100


def predicted(told: Given, x: Any, columns: dict[str, Any], index: int) -> tuple[Any, int]:
    """Predictions of all rows but the training rows, and the trees that were kept."""
    mine = columns["by_task"][told.tasks[index]]
    categorical = [mine.index(column) for column in columns["categorical"] if column in mine]
    y = told.arrays["targets"][:, index]
    binary = told.kinds[index] == "binary"
    train, validation, _ = (np.arange(len(y))[window] for window in told.windows)
    known, watched = (rows[~np.isnan(y[rows])] for rows in (train, validation))
    data = lightgbm.Dataset(
        x[known][:, mine], y[known], categorical_feature=categorical, params={"verbosity": -1}, free_raw_data=True
    )
    kinds = {"objective": "binary", "metric": "binary_logloss"} if binary else {"objective": "l2", "metric": "l2"}
    model = lightgbm.train(
        {**SETTINGS, **kinds, "seed": told.seed},
        data,
        ROUNDS,
        valid_sets=[data.create_valid(x[watched][:, mine], y[watched])],
        callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
    )
    return model.predict(x[len(train) :][:, mine], num_threads=1), model.best_iteration


def main() -> None:
    told = given()
    name = told.arguments[0]
    x, columns = told.arrays[f"matrix {name}"], told.description["matrices"][name]
    started = time.perf_counter()
    found = [predicted(told, x, columns, index) for index in range(len(told.tasks))]
    trees = {task: kept for task, (_, kept) in zip(told.tasks, found, strict=True)}
    settings = {**SETTINGS, "rounds": ROUNDS, "patience": PATIENCE, "columns": x.shape[1], "trees kept": trees}
    predictions = np.stack([values for values, _ in found], axis=1)
    answer(told, predictions, started, ["lightgbm"], settings, [])


if __name__ == "__main__":
    main()
