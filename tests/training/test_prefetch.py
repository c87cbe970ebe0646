"""Prefetching: the same items and errors, made ahead by a thread that never outlives its caller."""

import threading
import time
from collections.abc import Iterator
from itertools import count

import pytest

from models.errors import DataError
from training.data.batches import TrainingBatch
from training.data.prefetch import prefetched
from training.history import History
from training.waiting import waited_for


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "prefetch"]


@pytest.mark.parametrize("ahead", [1, 2, 7])
@pytest.mark.parametrize("num_items", [0, 1, 5, 100])
def test_the_same_items_in_the_same_order(ahead: int, num_items: int) -> None:
    assert list(prefetched(iter(range(num_items)), ahead)) == list(range(num_items))
    assert threads() == []


def test_an_error_comes_after_the_items_before_it_as_what_it_is() -> None:
    def items() -> Iterator[int]:
        yield from (1, 2)
        raise DataError("a rule")

    found = prefetched(items(), 4)
    assert [next(found), next(found)] == [1, 2]
    with pytest.raises(DataError, match=r"^a rule$"):
        next(found)
    assert threads() == []


@pytest.mark.parametrize("ahead", [1, 3])
def test_no_more_than_asked_are_ready(ahead: int) -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in count():
            made.append(number)
            yield number

    found = prefetched(items(), ahead)
    for taken in range(5):
        assert next(found) == taken
        until = time.monotonic() + 5
        while len(made) < taken + 1 + ahead and time.monotonic() < until:
            time.sleep(0.001)
        assert len(made) == taken + 1 + ahead
    found.close()
    assert threads() == []


def test_who_stops_early_leaves_no_thread_and_closes_what_makes_the_items() -> None:
    closed = []

    def items() -> Iterator[int]:
        try:
            yield from count()
        finally:
            closed.append(True)

    found = prefetched(items(), 2)
    assert [next(found), next(found)] == [0, 1]
    found.close()
    assert threads() == []
    assert closed == [True]


def test_one_that_was_never_asked_starts_no_thread() -> None:
    found = prefetched(count(), 2)
    assert threads() == []
    found.close()


def test_waiting_is_counted_and_working_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    batch = TrainingBatch.__new__(TrainingBatch)

    def batches() -> Iterator[TrainingBatch]:
        for _ in range(3):
            now[0] += 2.0
            yield batch

    history = History()
    for _ in waited_for(batches(), history):
        now[0] += 100.0
    assert history.waited_seconds == 6.0
