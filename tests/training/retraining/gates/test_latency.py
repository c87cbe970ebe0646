"""The time of a request is measured in turns, and a slower model is found slower."""

import time
from collections.abc import Callable

import pytest
import torch

from training.retraining.gates import latency
from training.retraining.gates.latency import latencies_ms


def slower(clock: list[float], takes: list[float]) -> Callable[[], None]:
    """Takes as long as its clock says."""
    left = iter(takes)

    def answer() -> None:
        clock[0] += next(left)

    return answer


def test_models_take_turns_and_each_ones_best_turn_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever disturbs a turn of either."""
    clock = [0.0]
    monkeypatch.setattr(latency, "thread_time", lambda: clock[0])
    quick = slower(clock, [0.9, *[0.002] * (latency.NUM_TURNS - 1)])
    slow = slower(clock, [*[0.003] * (latency.NUM_TURNS - 1), 5.0])
    assert latencies_ms([quick, slow]) == pytest.approx([2.0, 3.0])


def test_waiting_is_not_counted_and_work_is() -> None:
    numbers = list(range(20_000))
    waiting, working = latencies_ms([lambda: time.sleep(0.001), lambda: sorted(numbers, key=lambda number: -number)])
    assert 0 < waiting < 1.0
    assert working > waiting


def test_threads_are_as_before() -> None:
    before = torch.get_num_threads()
    seen: list[int] = []
    latencies_ms([lambda: seen.append(torch.get_num_threads())])
    assert (set(seen), torch.get_num_threads()) == ({1}, before)
