"""Past rates from a log to answers: training rows see their own past, all others the end of the training window."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch

from models.checkpoint import load_checkpoint
from models.predictor import typed_column
from tests.training.small import FIRST_DAY, TASKS, config, frame, write_days
from tests.training.worlds import silent
from training.comparison.variants import untuned
from training.config import Config
from training.data.batches import encode_chunk, sampled
from training.fitting.past import Histories
from training.pipeline import Prepared, prepare, run, save
from training.rates.start import Start
from training.score import score

PAST = [{"of": ["user"], "smoothing": 2}, {"of": ["item", "user"], "tasks": ["click"], "period": "6h", "min_count": 1}]
WIDTH = 4 + 2
TRAINING = {"batch_size": 16, "max_epochs": 1, "num_threads": 1, "validations_per_epoch": 1}


def past_config(folder: Path, **changes: Any) -> Config:
    return config(folder, past_rates=PAST, training=TRAINING, **changes)


def prepared(folder: Path, log: pd.DataFrame, **changes: Any) -> Prepared:
    return prepare(past_config(write_days(folder, log), **changes), silent())


def trained_on(of: Prepared) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The past of all training rows, as the batches bring it, in the order of the rows' ages (none repeats)."""
    numbers = np.concatenate([batch.inputs.numerics.numpy() for batch in of.stream().epoch(0)])
    return numbers[np.argsort(numbers[:, 0], kind="stable")][:, -WIDTH:]


def without_missing(log: pd.DataFrame) -> pd.DataFrame:
    return log.assign(age=np.arange(len(log), dtype=np.float64))


class TestWhoSeesWhat:
    def test_batches_bring_each_row_the_past_of_its_own_time(self, tmp_path: Path) -> None:
        log = without_missing(frame(rows_per_day=80))
        found = trained_on(prepared(tmp_path, log))
        train = log[log.time < FIRST_DAY + timedelta(days=2)].reset_index(drop=True)
        assert len(found) == len(train)
        first_day = (train.time < FIRST_DAY + timedelta(days=1)).to_numpy()
        assert not found[first_day, :4].any()
        counts = train.user[first_day].value_counts()
        expected = np.log1p(train.user[~first_day].map(counts).to_numpy() / 2)
        np.testing.assert_allclose(found[~first_day, 0], expected, rtol=1e-6)

    def test_validation_rows_see_the_whole_training_window_and_nothing_else(self, tmp_path: Path) -> None:
        log = without_missing(frame(rows_per_day=80))
        of = prepared(tmp_path, log)
        validation = sampled(of.reader, of.data.encoder, of.windows.validation, 1_000).inputs.numerics.numpy()
        days = (log.time - FIRST_DAY) // timedelta(days=1)
        expected = np.log1p(log.user[days == 2].map(log.user[days < 2].value_counts()).to_numpy() / 2)
        np.testing.assert_allclose(validation[:, -WIDTH], expected, rtol=1e-6)

    def test_labels_after_the_training_window_reach_nobody(self, tmp_path: Path) -> None:
        log = without_missing(frame(rows_per_day=80))
        late = log.time >= FIRST_DAY + timedelta(days=2)
        changed = log.assign(
            clicked=log.clicked.where(~late, 1 - log.clicked), seconds=log.seconds.where(~late, 9_999.0)
        )
        one, other = prepared(tmp_path / "one", log), prepared(tmp_path / "other", changed)
        np.testing.assert_array_equal(trained_on(one), trained_on(other))
        for found, expected in zip(other.data.encoder.fitted.past, one.data.encoder.fitted.past, strict=True):
            assert found.vocabulary.values == expected.vocabulary.values
            np.testing.assert_array_equal(found.numbers, expected.numbers)

    def test_the_clock_counts_and_not_the_folder(self, tmp_path: Path) -> None:
        """A log may keep the first hours of a day in the next day's folder; the split follows it, the past does not."""
        log = without_missing(frame(rows_per_day=80))
        folders = (log.time + timedelta(hours=1)).dt.strftime("%Y-%m-%d")
        for day, rows in log.groupby(folders):
            folder = tmp_path / f"date={day}"
            folder.mkdir()
            rows.to_parquet(folder / "part-0.parquet", index=False)
        split = {"column": "date", "validation_from": "2026-01-12", "test_from": "2026-01-13"}
        data = {"path": str(tmp_path), "timestamp": "time", "split": split}
        found = trained_on(prepare(past_config(tmp_path, data=data), silent()))
        assert 0 < len(found) < 160
        day_of_row = (log.time[: len(found)] - FIRST_DAY) // timedelta(days=1)
        np.testing.assert_array_equal(found[:, 0] > 0, (day_of_row == 1) & log.user[: len(found)].isin(log.user[:80]))

    def test_training_without_histories_is_stopped(self, tmp_path: Path) -> None:
        of = prepared(tmp_path, frame())
        chunk = next(of.reader.chunks(of.windows.train, with_times=True))
        with pytest.raises(AssertionError, match="training rows would read their own labels"):
            encode_chunk(of.data.encoder, chunk, Histories(()))

    def test_a_sweep_of_rates_trains_on_the_same_rows(self, tmp_path: Path) -> None:
        of = prepared(tmp_path, frame())
        batches = Start(of, num_steps=2).batches
        for batch, other in zip(batches, of.stream().epoch(0), strict=False):
            assert torch.equal(batch.inputs.numerics, other.inputs.numerics)
            assert batch.inputs.numerics[:, -WIDTH:].any()


class TestRun:
    def test_bulk_scores_are_what_requests_get(self, tmp_path: Path) -> None:
        """Bit for bit in the past rates; a request's batch differs, so its predictions may by float rounding."""
        log = frame(rows_per_day=80)
        folder = write_days(tmp_path / "log", log)
        finished = run(past_config(folder), silent())
        loaded, manifest = load_checkpoint(save(finished, tmp_path / "versions", {}))
        assert manifest.model.past_rates == past_config(folder).model_part().past_rates
        score(loaded, str(folder), tmp_path / "scores.parquet", keep=["row"])
        scores = pq.read_table(tmp_path / "scores.parquet").to_pandas().set_index("row")
        features = {feature.name: feature for feature in loaded.config.features}
        for row in (0, 100, 319):
            raw = log.astype(object).where(log.notna(), None).iloc[row]
            context = {name: typed_column(features[name], [raw[name]]) for name in ("user", "age")}
            columns = {name: typed_column(features[name], [raw[name]] * 3) for name in ("item", "tags")}
            served = loaded.encoder.encode(columns, 3, context)
            in_bulk = finished.trained.predictor.encoder.encode({**context, **columns}, 3, context)
            assert torch.equal(served.numerics[:, -WIDTH:], in_bulk.numerics[:, -WIDTH:])
            assert served.numerics[:, -WIDTH].all()
            predictions = loaded.predict(columns, 3, context)
            for field, values in predictions.items():
                np.testing.assert_allclose(values, scores[field][row], rtol=1e-5)

    def test_variants_of_a_comparison_take_past_rates_of_tasks_that_they_lack(self, tmp_path: Path) -> None:
        configured = past_config(write_days(tmp_path, frame()))
        singles = next(variant for variant in untuned(configured) if variant.name == "single_task")
        assert [len(part.tasks) for part in singles.parts] == [1] * len(TASKS)
        assert all(len(part.past_rates) == 2 for part in singles.parts)
