"""The data that all systems train on, the clock that times them, and what the page makes of it."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks.train_speed import log, stopwatch
from benchmarks.train_speed.log import write_data
from benchmarks.train_speed.page import section
from benchmarks.train_speed.runs import OURS, PEERS, PLAIN, Answers
from benchmarks.train_speed.setting import BATCH, SETTINGS, SIZES, TASKS, WHOLE, Extent
from benchmarks.train_speed.stopwatch import Stopwatch, timed

SMALL = Extent(train=400, validation=40, test=60, warm_up=2, window=2, windows=2, rounds=1)
FEW = {"user": 300, "kind": 5}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(log, "SIZES", FEW)
    write_data(tmp_path, SMALL)
    return tmp_path


def test_there_are_two_million_ids_and_every_window_is_of_whole_batches() -> None:
    assert len(SIZES) == 30
    assert sum(SIZES.values()) == 2_000_000
    assert WHOLE.train % BATCH == 0
    assert WHOLE.steps <= WHOLE.train // BATCH
    assert max(SIZES.values()) <= WHOLE.train


def test_parquet_and_arrays_hold_the_same_rows_in_the_order_of_time(data: Path) -> None:
    rows = pd.concat(pd.read_parquet(file) for file in sorted((data / "log").glob("*.parquet")))
    ids, labels = np.load(data / "arrays" / "ids.npy"), np.load(data / "arrays" / "labels.npy")
    assert np.array_equal(rows[list(FEW)].to_numpy(), ids)
    assert np.array_equal(rows[list(TASKS)].to_numpy(), labels)
    assert rows.time.is_monotonic_increasing
    ends = json.loads((data / "arrays" / "ends.json").read_text())
    days = rows.time.dt.floor("1D").to_numpy()
    assert ends == [400, 440, 500]
    assert len(set(days[: ends[0]])) == log.TRAINING_DAYS
    assert len(set(days[ends[0] : ends[1]])) == len(set(days[ends[1] :])) == 1
    assert len(set(days)) == log.TRAINING_DAYS + 2


def test_every_id_is_among_the_training_rows(data: Path) -> None:
    ids = np.load(data / "arrays" / "ids.npy")[: SMALL.train]
    assert [len(set(column)) for column in ids.T] == list(FEW.values())


def test_the_clock_times_windows_after_the_warm_up_and_ends_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count()
    monkeypatch.setattr(stopwatch.time, "perf_counter", lambda: float(next(seconds)))
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1)
    watch, made = Stopwatch(SMALL.warm_up, SMALL.window, SMALL.steps), 0
    with timed(watch):
        for _ in range(100):
            optimizer.step()
            made += 1
    assert made == SMALL.steps - 1  # the last one raised
    assert watch.rates() == [BATCH * 1.0] * SMALL.windows
    optimizer.step()
    assert len(watch.moments) == SMALL.steps  # the block is over


def test_the_page_holds_ours_against_the_best_peer_of_each_setting() -> None:
    def answer(rate: float, **more: Any) -> list[dict[str, Any]]:
        return [{"rates": [rate, 3 * rate, 2 * rate], "versions": {"some": "1.0"}, **more}]

    loss = {"log_loss": dict.fromkeys(TASKS, 0.5)}
    ours = answer(50.0, bare=[110.0], of_bare=0.91, waiting=0.02, computed_by="cpu", **loss)
    peers = {peer: answer(10.0 - number) for number, peer in enumerate(PEERS)}
    found = Answers({setting: {OURS: ours, PLAIN: answer(20.0, **loss), **peers} for setting in SETTINGS})
    text = section(found, WHOLE)
    assert "| Threefold over the best peer | | 5.0x (asked for: 5x) | 5.0x (asked for: 2.5x) |" in text
    assert "| Threefold over the plain loop | | 2.5x | 2.5x |" in text
    assert "| embedding-heavy | 91% (asked for: 80%) | 2.0% (at most 5%) | 110 |" in text
