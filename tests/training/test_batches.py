"""Batches: every row once an epoch, in an order that seed and epoch alone decide, in bounded memory."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.config import ModelConfig
from models.encoder import Encoder, Fitted
from models.features import NumericStatistics
from tests.training.small import MODEL, TASKS, data_config, frame, reader, write_days
from training.data import batches
from training.data.batches import BatchStream, TrainingBatch, sampled
from training.data.windows import Windows, find_windows

ROW: dict[str, Any] = {"name": "row", "kind": "numeric", "scope": "candidate", "encoding": "standardise"}
TAGS: dict[str, Any] = {"name": "tags", "kind": "multi_categorical", "scope": "candidate", "separator": ","}
TAGS["vocabulary"] = {"kind": "hash", "num_buckets": 9}
ONLY_ROWS = ModelConfig.model_validate({"features": [ROW, TAGS], "tasks": TASKS, **MODEL})


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four days of 50 rows in small row groups; the first 100 rows are the training window."""
    return write_days(tmp_path_factory.mktemp("log"), frame(), row_group_size=8)


def encoder() -> Encoder:
    from models.features.vocabulary import HashVocabulary

    identity = NumericStatistics(mean=0.0, standard_deviation=1.0, boundaries=())
    return Encoder(ONLY_ROWS.features, Fitted({"tags": HashVocabulary(9)}, {"row": identity}))


def windows_of(log: Path) -> Windows:
    return find_windows(reader(log, ONLY_ROWS).source, data_config(log))


def stream(log: Path, seed: int = 0, batch_size: int = 16, shuffle_rows: int = 30, read_rows: int = 8) -> BatchStream:
    made = reader(log, ONLY_ROWS, read_rows=read_rows)
    return BatchStream(
        made, encoder(), windows_of(log).train, batch_size=batch_size, shuffle_rows=shuffle_rows, seed=seed
    )


def rows_of(batch: TrainingBatch) -> list[int]:
    return [round(value) for value in batch.inputs.numerics[:, 0].tolist()]


def order(made: BatchStream, epoch: int) -> list[int]:
    return [row for batch in made.epoch(epoch) for row in rows_of(batch)]


class TestEpoch:
    @pytest.mark.parametrize("batch_size", [1, 7, 16, 50, 1_000])
    @pytest.mark.parametrize("shuffle_rows", [1, 30, 64, 10_000])
    def test_every_row_once(self, log: Path, batch_size: int, shuffle_rows: int) -> None:
        found = list(stream(log, batch_size=batch_size, shuffle_rows=shuffle_rows).epoch(0))
        assert sorted(row for batch in found for row in rows_of(batch)) == list(range(100))
        assert all(len(batch) == batch_size for batch in found[:-1])
        assert 0 < len(found[-1]) <= batch_size

    def test_labels_and_lists_stay_with_their_rows(self, log: Path) -> None:
        table = frame()
        for batch in stream(log).epoch(0):
            expected = table.iloc[rows_of(batch)]
            np.testing.assert_array_equal(batch.labels["click"], expected.clicked)
            observed = expected.seconds.where(expected.clicked == 1)
            np.testing.assert_allclose(batch.labels["dwell"], observed, rtol=1e-6)
            lengths = (batch.inputs.bags["tags"] != 0).sum(dim=1).tolist()
            assert lengths == [len([tag for tag in tags.split(",") if tag]) for tags in expected.tags]

    def test_the_order_depends_on_seed_and_epoch_alone(self, log: Path) -> None:
        one = order(stream(log), 0)
        np.random.default_rng().random()
        assert order(stream(log), 0) == one
        assert order(stream(log), 1) != one
        assert order(stream(log, seed=1), 0) != one
        assert stream(log).epoch(0) is not stream(log).epoch(0)
        made = stream(log)
        assert [order(made, 1), order(made, 0)] == [order(stream(log), 1), one]

    def test_rows_are_mixed_across_row_groups_and_days(self, log: Path) -> None:
        found = order(stream(log, shuffle_rows=10_000), 0)
        assert abs(np.corrcoef(found, range(100))[0, 1]) < 0.3
        assert len({row // 50 for row in found[:16]}) == 2

    @pytest.mark.parametrize("shuffle_rows", [20, 40])
    def test_the_pool_is_bounded(self, log: Path, monkeypatch: pytest.MonkeyPatch, shuffle_rows: int) -> None:
        sizes: list[int] = []
        joined = batches._joined

        def recorded(parts: list[TrainingBatch]) -> TrainingBatch:
            sizes.append(sum(map(len, parts)))
            return joined(parts)

        monkeypatch.setattr(batches, "_joined", recorded)
        order(stream(log, shuffle_rows=shuffle_rows), 0)
        assert max(sizes) <= shuffle_rows + 8  # what is asked for and one chunk
        assert len(sizes) > 1

    @pytest.mark.parametrize("seed", [0, 2**32 - 1])
    def test_large_seeds(self, log: Path, seed: int) -> None:
        assert sorted(order(stream(log, seed=seed), 3)) == list(range(100))


class TestSampled:
    @pytest.mark.parametrize(("max_rows", "expected"), [(1_000, range(50)), (50, range(50)), (49, range(0, 50, 2))])
    @pytest.mark.parametrize("read_rows", [1, 7, 64])
    def test_evenly_spaced(self, log: Path, max_rows: int, expected: range, read_rows: int) -> None:
        made = reader(log, ONLY_ROWS, read_rows=read_rows)
        found = sampled(made, encoder(), windows_of(log).validation, max_rows)
        assert rows_of(found) == [100 + row for row in expected]
        np.testing.assert_array_equal(found.labels["click"], frame().clicked[rows_of(found)])

    @pytest.mark.parametrize("max_rows", [1, 3, 10, 33])
    def test_never_more_than_asked(self, log: Path, max_rows: int) -> None:
        found = rows_of(sampled(reader(log, ONLY_ROWS), encoder(), windows_of(log).validation, max_rows))
        assert 0 < len(found) <= max_rows
        assert len(set(np.diff(found).tolist())) <= 1
