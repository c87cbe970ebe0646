"""Past rates of a grown model go on where its parent's ended."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.checkpoint import load_checkpoint
from models.errors import ConfigError, DataError
from models.past import PastRates
from tests.training.growth.logs import days_config
from tests.training.worlds import silent
from training.config import Config
from training.fitting.fit import fit_data
from training.fitting.past import Histories
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
        assert one.newest == other.newest
        for array in ("periods", "sums", "overall"):
            np.testing.assert_array_equal(getattr(one, array), getattr(other, array))


def test_rows_are_not_counted_twice(folder: Path, version: Path) -> None:
    with pytest.raises(DataError, match='train_from = "2026-01-12T00:00"'):
        prepare(past_config(folder, 1, {}), silent(), version)


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
