"""A window measured: by task, against the base rate, by slice, and against the truth where a log has it."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from models.encoder import Encoder
from models.errors import DataError
from models.heads import LabelStatistics
from models.network import Network
from models.predictor import Predictor
from tests.training.small import data_config, frame, model_config, reader, write, write_days
from training.config import EvaluationConfig
from training.data.batches import sampled
from training.data.windows import Window, find_windows
from training.evaluation.binary import binary_metrics
from training.evaluation.calibrate import fit_calibrations
from training.evaluation.captured import SIDECAR, truth_columns
from training.evaluation.evaluate import Evaluation, evaluate
from training.evaluation.gauc import gauc
from training.evaluation.scored import Scored
from training.fitting.fit import FittedData, fit_data

BIG = 2**53
"""Ids above this are not whole floats any more."""


def log() -> pd.DataFrame:
    made = frame(days=4, rows_per_day=400)
    made["place"] = np.where(made.row % 10 == 0, None, np.where(made.row % 3 == 0, "top", "feed"))
    made["shop"] = pd.array(np.where(made.row % 7 == 0, None, BIG + made.row % 4), dtype="Int64")
    made["true_click"] = 0.25 + 0.1 * made.clicked
    made["true_seconds"] = 15.0 + 0.5 * made.seconds
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_days(tmp_path_factory.mktemp("log"), log(), row_group_size=100)


def window_of(folder: Path) -> Window:
    return find_windows(reader(folder).source, data_config(folder)).test


def fitted_on(folder: Path) -> FittedData:
    made = reader(folder)
    windows = find_windows(made.source, data_config(folder))
    return fit_data(made.model, ((c.features, c.labels, c.num_rows) for c in made.chunks(windows.train)), seed=0)


@pytest.fixture(scope="module")
def fitted(folder: Path) -> FittedData:
    return fitted_on(folder)


@pytest.fixture(scope="module")
def predictor(folder: Path, fitted: FittedData) -> Predictor:
    torch.manual_seed(0)
    encoder: Encoder = fitted.encoder
    network = Network(model_config(), encoder, fitted.statistics)
    validation = find_windows(reader(folder).source, data_config(folder)).validation
    rows = sampled(reader(folder), encoder, validation, 10_000)
    return Predictor(model_config(), encoder, network, fit_calibrations(network, encoder, rows))


def measured(
    folder: Path,
    predictor: Predictor,
    statistics: dict[str, LabelStatistics],
    truth: dict[str, str] | None = None,
    read_rows: int = 65_536,
    **config: Any,
) -> tuple[Evaluation, Scored]:
    settings = EvaluationConfig.model_validate(config)
    made = reader(folder, read_rows=read_rows)
    return evaluate(predictor, statistics, made, window_of(folder), settings, truth or {})


def test_only_the_test_window_counts(folder: Path, predictor: Predictor, fitted: FittedData) -> None:
    evaluation, scored = measured(folder, predictor, fitted.statistics)
    test = log()[lambda rows: rows.time.dt.day == 13]
    assert evaluation.num_rows == len(scored) == len(test)
    assert evaluation.tasks["click"].num_observed == len(test)
    assert evaluation.tasks["dwell"].num_observed == test.clicked.sum()
    assert evaluation.tasks["click"].metrics["rate"] == pytest.approx(test.clicked.mean())
    assert evaluation.tasks["dwell"].metrics["mean_seconds"] == pytest.approx(test.seconds[test.clicked == 1].mean())


def test_the_base_is_the_training_windows(folder: Path, predictor: Predictor, fitted: FittedData) -> None:
    evaluation, _ = measured(folder, predictor, fitted.statistics)
    rows = log()
    train, test = rows[rows.time.dt.day < 12], rows[rows.time.dt.day == 13]
    expected = binary_metrics(test.clicked.to_numpy(float), np.full(len(test), train.clicked.mean()))
    assert evaluation.tasks["click"].base == pytest.approx(expected)
    observed = test.seconds[test.clicked == 1]
    ratio = train.seconds[train.clicked == 1].mean() / observed.mean()
    assert evaluation.tasks["dwell"].base["predicted_over_observed"] == pytest.approx(ratio)
    assert evaluation.tasks["dwell"].base["xauc"] == 0.5


@pytest.mark.parametrize("read_rows", [1, 33, 65_536])
def test_chunks_change_nothing(folder: Path, predictor: Predictor, fitted: FittedData, read_rows: int) -> None:
    options: dict[str, Any] = {"group_by": "shop", "slice_by": ["place"]}
    one, _ = measured(folder, predictor, fitted.statistics, **options)
    other, _ = measured(folder, predictor, fitted.statistics, read_rows=read_rows, **options)
    for name, task in one.tasks.items():
        assert other.tasks[name].metrics == pytest.approx(task.metrics, abs=2e-3)  # rounding may break a tie
        assert other.tasks[name].slices.keys() == task.slices.keys()


def test_groups_of_large_ids_beside_nulls_are_not_merged(
    folder: Path, predictor: Predictor, fitted: FittedData
) -> None:
    evaluation, scored = measured(folder, predictor, fitted.statistics, group_by="shop")
    test = log()[lambda rows: rows.time.dt.day == 13]
    shop = pd.Series(test["shop"].astype("string").to_numpy(), dtype=object).where(test["shop"].notna().to_numpy())
    assert shop.nunique() == 4
    expected = gauc(scored.labels["click"], scored.predictions["click"], shop)
    assert evaluation.tasks["click"].metrics["gauc"] == pytest.approx(expected)


def test_slices_are_named_as_in_the_log(folder: Path, predictor: Predictor, fitted: FittedData) -> None:
    evaluation, scored = measured(folder, predictor, fitted.statistics, slice_by=["place", "shop"])
    test = log()[lambda rows: rows.time.dt.day == 13]
    places = evaluation.tasks["click"].slices["place"]
    assert set(places) == {"top", "feed"}  # 40 rows without a place are too few
    assert places["top"]["num_observed"] == (test.place == "top").sum()
    assert places["top"]["rate"] == pytest.approx(test.clicked[test.place == "top"].mean())
    top = (test.place == "top").to_numpy()
    alone = binary_metrics(scored.labels["click"][top], scored.predictions["click"][top])
    assert places["top"]["auc"] == pytest.approx(alone["auc"])


def test_whole_numbers_beside_nulls_are_named_without_a_point(tmp_path: Path, predictor: Predictor) -> None:
    rows = log()
    rows["shop"] = pd.array(np.where(rows.row % 3 == 0, None, 7), dtype="Int64")
    write_days(tmp_path, rows)
    evaluation, _ = measured(tmp_path, predictor, fitted_on(tmp_path).statistics, slice_by=["shop"])
    assert set(evaluation.tasks["click"].slices["shop"]) == {"7", "(missing)"}


def test_the_truth_captures_all_and_the_base_nothing(folder: Path, predictor: Predictor, fitted: FittedData) -> None:
    truth = {"clicked": "true_click", "seconds": "true_seconds", "unknown": "x"}
    evaluation, scored = measured(folder, predictor, fitted.statistics, truth)
    captured = evaluation.tasks["click"].metrics["captured"]
    assert captured is not None
    assert captured < 0.5
    assert evaluation.tasks["dwell"].metrics["captured"] is not None
    assert "true_click" in scored.extra


def test_a_real_log_has_no_truth(folder: Path, predictor: Predictor, fitted: FittedData) -> None:
    evaluation, _ = measured(folder, predictor, fitted.statistics)
    assert "captured" not in evaluation.tasks["click"].metrics


def test_a_task_without_observed_rows_has_no_numbers(tmp_path: Path, predictor: Predictor, fitted: FittedData) -> None:
    rows = log()
    rows.loc[rows.time.dt.day == 13, "clicked"] = 0
    write_days(tmp_path, rows)
    evaluation, _ = measured(tmp_path, predictor, fitted.statistics, group_by="user", slice_by=["place"])
    assert evaluation.tasks["dwell"].num_observed == 0
    assert evaluation.tasks["dwell"].metrics == {}
    assert evaluation.tasks["click"].metrics["auc"] is None
    assert evaluation.tasks["click"].metrics["gauc"] is None


def test_the_numbers_are_json(folder: Path, predictor: Predictor, fitted: FittedData) -> None:
    evaluation, _ = measured(folder, predictor, fitted.statistics, group_by="user", slice_by=["place", "shop"])
    text = json.dumps(evaluation.to_json(), allow_nan=False)
    assert json.loads(text)["tasks"]["click"]["metrics"] == evaluation.metrics()["click"]
    assert all(value is None or math.isfinite(value) for value in evaluation.metrics()["dwell"].values())


@pytest.mark.parametrize("setting", [{"group_by": "nobody"}, {"slice_by": ["nobody"]}])
def test_a_missing_column_is_named(
    folder: Path, predictor: Predictor, fitted: FittedData, setting: dict[str, Any]
) -> None:
    with pytest.raises(DataError, match=r"part-0\.parquet lacks nobody"):
        measured(folder, predictor, fitted.statistics, **setting)


def test_a_list_is_no_group(tmp_path: Path, predictor: Predictor, fitted: FittedData) -> None:
    rows = log()
    rows["tags2"] = [["a"]] * len(rows)
    write_days(tmp_path, rows)
    with pytest.raises(DataError, match="single values; found lists in tags2"):
        measured(tmp_path, predictor, fitted.statistics, slice_by=["tags2"])


class TestSidecar:
    def test_it_names_the_truth(self, tmp_path: Path) -> None:
        write(tmp_path / "a.parquet", {"x": [1]})
        assert truth_columns(str(tmp_path)) == {}
        (tmp_path / SIDECAR).write_text('{"truth": {"clicked": "true_click"}}')
        assert truth_columns(str(tmp_path)) == {"clicked": "true_click"}
        assert truth_columns(str(tmp_path / "a.parquet")) == {}

    @pytest.mark.parametrize("text", ["", "{}", "[]", '{"truth": 7}', "\xff", '{"truth": null}'])
    def test_a_broken_one_is_refused(self, tmp_path: Path, text: str) -> None:
        (tmp_path / SIDECAR).write_bytes(text.encode("latin-1"))
        with pytest.raises(DataError, match=rf"{SIDECAR}.*cannot be read"):
            truth_columns(str(tmp_path))
