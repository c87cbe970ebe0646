"""Batches: every row once an epoch, in an order that seed and epoch alone decide, in bounded memory."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import torch

from models.config import ModelConfig
from models.encoder import Encoder, Fitted
from models.errors import ConfigError
from models.features import NumericStatistics
from tests.training.small import MODEL, TASKS, data_config, frame, reader, write_days
from tests.training.stored import stored
from training.cache.blocks import StoredRows
from training.cache.pools import Pool
from training.cache.rows import EncodedRows, joined
from training.data.batches import BatchStream, TrainingBatch, as_batch, encode_chunk, sampled, without_padding
from training.data.windows import Windows, find_windows
from training.negative_sampling import NegativeSampling

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


@cache
def rows(log: Path, block_rows: int) -> StoredRows:
    """The training window in blocks; its files have no name any more."""
    with TemporaryDirectory() as folder:
        made = reader(log, ONLY_ROWS, read_rows=7)
        return stored(Path(folder) / "train", made, encoder(), windows_of(log).train, block_rows)


def stream(log: Path, block_rows: int = 8, **settings: Any) -> BatchStream:
    return BatchStream(rows(log, block_rows), **{"batch_size": 16, "shuffle_rows": 30, "seed": 0, **settings})


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

    def test_rows_are_mixed_across_blocks_and_days(self, log: Path) -> None:
        found = order(stream(log, shuffle_rows=10_000), 0)
        assert abs(np.corrcoef(found, range(100))[0, 1]) < 0.3
        assert len({row // 50 for row in found[:16]}) == 2

    def test_blocks_come_in_another_order_each_epoch(self, log: Path) -> None:
        """With pools of one block, the order of the blocks is the order of the rows' eighths."""
        orders = [[row // 8 for row in order(stream(log, shuffle_rows=1, batch_size=2), epoch)] for epoch in range(4)]
        blocks = [list(dict.fromkeys(found)) for found in orders]
        assert all(sorted(found) == list(range(13)) for found in blocks)
        assert len(set(map(tuple, blocks))) == 4

    @pytest.mark.parametrize(("block_rows", "shuffle_rows"), [(8, 20), (8, 40), (16, 20), (3, 30)])
    def test_the_pool_is_bounded(
        self, log: Path, monkeypatch: pytest.MonkeyPatch, block_rows: int, shuffle_rows: int
    ) -> None:
        sizes: list[int] = []
        held = BatchStream._held

        def recorded(self: BatchStream, pool: Pool) -> EncodedRows:
            found = held(self, pool)
            sizes.append(len(found))
            return found

        monkeypatch.setattr(BatchStream, "_held", recorded)
        order(stream(log, block_rows=block_rows, shuffle_rows=shuffle_rows), 0)
        assert max(sizes) < shuffle_rows + block_rows
        assert sum(sizes) == 100
        assert len(sizes) > 1

    @pytest.mark.parametrize("seed", [0, 2**32 - 1])
    def test_large_seeds(self, log: Path, seed: int) -> None:
        assert sorted(order(stream(log, seed=seed), 3)) == list(range(100))


class TestStart:
    @pytest.mark.parametrize("sampling", [None, NegativeSampling(task="click", keep=0.5)])
    @pytest.mark.parametrize(
        "settings", [{}, {"shuffle_rows": 1}, {"batch_size": 7, "block_rows": 16}, {"prefetch_batches": 2}]
    )
    def test_it_goes_on_exactly(self, log: Path, settings: dict[str, Any], sampling: NegativeSampling | None) -> None:
        made = stream(log, sampling=sampling, **settings)
        whole = list(made.epoch(3))
        for start in range(len(whole) + 2):
            found = list(made.epoch(3, start))
            assert len(found) == max(len(whole) - start, 0)
            for one, other in zip(found, whole[start:], strict=True):
                assert_same(one, other)

    def test_what_is_left_out_is_not_read(self, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        read: list[int] = []
        one_block = StoredRows.read

        def recorded(self: StoredRows, block: int) -> EncodedRows:
            read.append(block)
            return one_block(self, block)

        monkeypatch.setattr(StoredRows, "read", recorded)
        left = list(stream(log, batch_size=8, shuffle_rows=1).epoch(0, start=10))
        assert len(left) == 3
        assert len(read) == 3


class TestShards:
    @pytest.mark.parametrize("prefetch_batches", [0, 2])
    @pytest.mark.parametrize(("num_ranks", "batch_size"), [(2, 16), (3, 9), (4, 8)])
    def test_together_they_are_the_batches_of_one_process(
        self, log: Path, num_ranks: int, batch_size: int, prefetch_batches: int
    ) -> None:
        settings = {"batch_size": batch_size, "prefetch_batches": prefetch_batches}
        whole = [rows_of(batch) for batch in stream(log, **settings).epoch(1)]
        shards = [list(stream(log, shard=(rank, num_ranks), **settings).epoch(1)) for rank in range(num_ranks)]
        for number, batches in enumerate(zip(*shards, strict=True)):
            assert len(set(map(len, batches))) == 1
            together = [row for batch in batches for row in rows_of(batch)]
            assert together == whole[number][: len(together)]
            assert len(whole[number]) - len(together) < num_ranks

    def test_a_last_batch_that_is_smaller_than_the_ranks_is_left_out(self, log: Path) -> None:
        shards = [list(stream(log, batch_size=14, shard=(rank, 7)).epoch(0)) for rank in range(7)]
        assert [len(found) for found in shards] == [7] * 7  # 100 rows are seven batches of 14 and two rows

    def test_a_batch_is_shared_out_evenly(self, log: Path) -> None:
        with pytest.raises(ConfigError, match=r"training.batch_size = 16: choose a multiple of 3"):
            stream(log, shard=(0, 3))


@pytest.mark.parametrize("block_rows", [3, 64])
def test_batches_hold_what_encoding_the_rows_gives(log: Path, block_rows: int) -> None:
    made = reader(log, ONLY_ROWS)
    whole = joined([without_padding(encode_chunk(encoder(), c)) for c in made.chunks(windows_of(log).train)])
    for batch in stream(log, block_rows=block_rows).epoch(0):
        assert_same(batch, as_batch(whole.take(np.array(rows_of(batch))), ["click", "dwell"]))


def assert_same(one: TrainingBatch, other: TrainingBatch) -> None:
    assert torch.equal(one.inputs.ids, other.inputs.ids)
    assert torch.equal(one.inputs.numerics, other.inputs.numerics)
    assert one.inputs.bags.keys() == other.inputs.bags.keys()
    assert all(torch.equal(bag, other.inputs.bags[name]) for name, bag in one.inputs.bags.items())
    assert one.labels.keys() == other.labels.keys()
    for name, label in one.labels.items():
        np.testing.assert_array_equal(label, other.labels[name])
    assert one.sampling == other.sampling


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
