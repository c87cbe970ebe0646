"""Past rates of a grown model go on where its parent's ended."""

from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models.checkpoint import load_checkpoint
from models.columns import Columns
from models.config import ModelConfig
from models.errors import ConfigError, DataError
from models.past import PastRates
from tests.training.growth.logs import days_config
from tests.training.small import FIRST_DAY, write
from tests.training.worlds import silent
from training.config import Config
from training.data.labels import Labels, labels
from training.data.typed import typed
from training.fitting.fit import FittedData, fit_data
from training.fitting.past import Histories, Times
from training.fitting.past_totals import PastTotals
from training.growth.inheritance import load_inheritance
from training.pipeline import Prepared, prepare, run, run_prepared, save

PAST = [
    {"of": ["user"], "smoothing": 2, "min_count": 1},
    {"of": ["item", "user"], "tasks": ["click"], "period": "6h", "half_life": "1d", "min_count": 1},
]


def past_config(folder: Path, first: int, growth: dict[str, Any] | None, **changes: Any) -> Config:
    return days_config(folder, first, past_rates=PAST, training={"growth": growth}, **changes)


@pytest.fixture(scope="module")
def version(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained on the first two days."""
    return save(run(past_config(folder, 0, {}), silent()), tmp_path_factory.mktemp("past"), {})


def training_past(prepared: Prepared) -> dict[float, tuple[float, ...]]:
    """By the row's number of the log, all its past rates as training batches bring them."""
    found = {}
    for chunk in prepared.reader.chunks(prepared.windows.train, with_times=True):
        assert chunk.times is not None
        numbers = histories(prepared).encode(chunk.features, chunk.times)
        found |= dict(zip(np.asarray(chunk.features["row"]).tolist(), map(tuple, numbers.tolist()), strict=True))
    return found


def histories(prepared: Prepared) -> Histories:
    """Fitted once more, as the cache holds encoded rows and not what they were made of."""
    model = prepared.config.model_part()
    chunks = prepared.reader.chunks(prepared.windows.train, with_times=True)
    held = None if prepared.parent is None else prepared.parent.inheritance
    rows = ((c.features, c.labels, c.num_rows, c.times) for c in chunks)
    return fit_data(model, rows, 0, () if held is None else held.past).histories


def by_id(past: PastRates) -> dict[str, tuple[float, ...]]:
    return dict(zip(past.vocabulary.values, map(tuple, past.numbers.tolist()), strict=True))


def test_they_are_what_one_run_over_all_days_makes_of_them(folder: Path, version: Path) -> None:
    grown = prepare(past_config(folder, 2, {}), silent(), version)
    whole = prepare(past_config(folder, 0, {}, num_days=4), silent())
    for found, expected in zip(grown.data.encoder.fitted.past, whole.data.encoder.fitted.past, strict=True):
        assert by_id(found) == by_id(expected)
    of_all = training_past(whole)
    later = training_past(grown)
    assert len(later) == 160
    assert any(any(numbers) for numbers in later.values())
    assert later == {row: of_all[row] for row in later}


def test_sums_of_dropped_ids_go_with_them(folder: Path, version: Path, tmp_path: Path) -> None:
    kept = prepare(past_config(folder, 2, {}), silent(), version)
    dropped = prepare(past_config(folder, 2, {"evict_after": "2d"}), silent(), version)
    for past in dropped.data.encoder.fitted.past:
        assert not [value for value in past.vocabulary.values if "gone" in value]
    assert [v for past in kept.data.encoder.fitted.past for v in past.vocabulary.values if "gone" in v]
    inheritance = dropped.data.inheritance
    assert inheritance is not None
    inheritance.save(tmp_path)
    again = load_inheritance(tmp_path)
    assert again is not None
    for one, other in zip(again.past, inheritance.past, strict=True):
        assert one.ids == other.ids
        assert "gone" not in one.ids
        assert one.newest_us == other.newest_us
        for array in ("owners", "periods", "sums", "overall_periods", "overall"):
            np.testing.assert_array_equal(getattr(one, array), getattr(other, array))


def test_rows_are_not_counted_twice(folder: Path, version: Path) -> None:
    newest = FIRST_DAY + timedelta(days=2) - timedelta(days=1) / 80
    with pytest.raises(DataError, match=f"hold rows up to {newest:%Y-%m-%d %H:%M:%S} UTC, .* 2026-01-11 00:00:00:"):
        prepare(past_config(folder, 1, {}), silent(), version)


@pytest.mark.parametrize(("first", "is_refused"), [("2026-01-11", True), ("2026-01-12", False)])
def test_other_partitions_hold_other_rows_however_late_these_are(
    log: pd.DataFrame, tmp_path: Path, first: str, is_refused: bool
) -> None:
    days = log.time.dt.strftime("%Y-%m-%d")
    for day, rows in log.assign(time=log.time - timedelta(hours=1)).where(days >= "2026-01-12", log).groupby(days):
        write(tmp_path / "log" / f"date={day}" / "part-0.parquet", rows.reset_index(drop=True))

    def by_date(train_from: str, day: int) -> Config:
        starts = [train_from, *(f"2026-01-{day + after}" for after in (0, 1))]
        split = dict(zip(("train_from", "validation_from", "test_from"), starts, strict=True))
        data = {"path": str(tmp_path / "log"), "timestamp": "time", "split": {"column": "date", **split}}
        return past_config(tmp_path / "log", 0, {}, data=data)

    parent = save(run(by_date("2026-01-10", 12), silent()), tmp_path, {})
    refused = pytest.raises(DataError, match="count each row once") if is_refused else nullcontext()
    with refused:
        grown = prepare(by_date(first, 14), silent(), parent)
        expected = prepare(by_date("2026-01-10", 14), silent())
        for found, wanted in zip(grown.data.encoder.fitted.past, expected.data.encoder.fitted.past, strict=True):
            assert set(by_id(found)) == set(by_id(wanted))
            for value, numbers in by_id(wanted).items():
                np.testing.assert_allclose(by_id(found)[value], numbers, rtol=1e-5)


@pytest.mark.parametrize("first_rows", [10, 79, 81, 119, 239])
def test_a_period_that_a_border_cuts_is_one_period(folder: Path, log: pd.DataFrame, first_rows: int) -> None:
    """Rows after the border join those before it, and see neither them nor each other."""
    config = past_config(folder, 0, {})
    model = config.model_part()

    def fitted(rows: pd.DataFrame, carried: tuple[PastTotals, ...] = ()) -> FittedData:
        return fit_data(model, [_chunk(model, rows)], 0, carried)

    log = log[:280]
    whole, before = fitted(log), fitted(log[:first_rows])
    after = fitted(log[first_rows:], before.histories.totals())
    rows = _chunk(model, log[first_rows:])
    assert rows[3] is not None
    expected = whole.histories.encode(rows[0], rows[3])
    np.testing.assert_allclose(after.histories.encode(rows[0], rows[3]), expected, rtol=1e-6)
    for found, wanted in zip(after.encoder.fitted.past, whole.encoder.fitted.past, strict=True):
        assert set(by_id(found)) == set(by_id(wanted))
        for value, numbers in by_id(wanted).items():
            np.testing.assert_allclose(by_id(found)[value], numbers, rtol=1e-6)
    for one, other in zip(after.histories.totals(), whole.histories.totals(), strict=True):
        assert sorted(one.ids) == sorted(other.ids)
        np.testing.assert_allclose(one.overall, other.overall)


def _chunk(model: ModelConfig, rows: pd.DataFrame) -> tuple[Columns, Labels, int, Times]:
    batch = pa.RecordBatch.from_pandas(rows.reset_index(drop=True))
    features = {feature.name: typed(feature, batch.column(feature.name)) for feature in model.features}
    times = rows.time.to_numpy("datetime64[us]").astype(np.int64)
    return features, labels(model.tasks, batch), len(rows), times


def test_a_parent_without_sums_is_refused(folder: Path, tmp_path: Path) -> None:
    version = save(run(past_config(folder, 0, None), silent()), tmp_path, {})
    assert not (version / "growth").exists()
    with pytest.raises(ConfigError, match=r"kept none: train it again with \[training.growth\]"):
        prepare(past_config(folder, 2, {}), silent(), version)


def test_a_version_grown_with_past_rates_loads(folder: Path, version: Path, tmp_path: Path) -> None:
    config = past_config(folder, 2, {})
    child = save(run_prepared(prepare(config, silent(), version), silent()), tmp_path, {})
    predictor = load_checkpoint(child)[0]
    assert [len(past.vocabulary.values) > 0 for past in predictor.encoder.fitted.past] == [True, True]
