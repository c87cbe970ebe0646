"""What is predicted with what, in which order, and what is not predicted at all: laws of the queue, without HTTP."""

import asyncio
from collections.abc import Coroutine
from time import monotonic
from typing import Any, TypeVar

import numpy as np
import pytest

from service.batching.forward import Forward
from service.batching.job import Job, Values
from service.batching.turns import Turns
from service.refusal import CLIENT_GONE, DEADLINE_EXCEEDED, NOT_FINITE, Refusal
from service.request import PredictRequest

T = TypeVar("T")
SMALL, LARGEST = 4, 10


class Recorder(Forward):
    """Predicts the number of rows done before; keeps what it was asked for; fails for jobs that say so."""

    def __init__(self) -> None:
        self.batches: list[list[Job]] = []
        self.sizes: list[int] = []
        self.broken: set[int] = set()
        self.not_finite: set[int] = set()

    def alone(self, job: Job, max_rows: int) -> int:
        return self._predict([job], min(max_rows, job.num_rows - job.num_done))

    def together(self, jobs: Any) -> int:
        return self._predict(list(jobs), sum(job.num_rows for job in jobs))

    def _predict(self, jobs: list[Job], num_rows: int) -> int:
        self.batches.append(jobs)
        self.sizes.append(num_rows)
        if any(id(job) in self.broken for job in jobs):
            raise ZeroDivisionError
        for job in jobs:
            if id(job) in self.not_finite:
                job.fail(Refusal(NOT_FINITE, "found NaN"))
                continue
            taken = num_rows if len(jobs) == 1 else job.num_rows
            job.parts.append(np.arange(job.num_done, job.num_done + taken, dtype=np.float32)[:, np.newaxis])
            job.num_done += taken
        return num_rows


class Log:
    def __init__(self) -> None:
        self.told: list[object] = []

    def batch_done(self, num_requests: int, num_rows: int) -> None:
        self.told.append((num_requests, num_rows))

    def deadline_missed(self, when: str) -> None:
        self.told.append(when)

    def client_left(self) -> None:
        self.told.append("left")

    def rows_changed(self, held: int) -> None: ...

    def bodies_changed(self, held: int) -> None: ...

    def ready_changed(self, ready: bool) -> None: ...


class Queue:
    """Turns over a recorder; `open` stands for requests that are being received."""

    def __init__(self, max_delay_s: float = 0.0) -> None:
        self.forward, self.log, self.open = Recorder(), Log(), 0
        self.turns = Turns(self.forward, LARGEST, SMALL, max_delay_s, num_open=lambda: self.open)
        self.turns.watcher = self.log

    def ask(self, job: Job) -> "asyncio.Task[Values]":
        async def values() -> Values:
            return (await self.turns.outcome(job)).values

        return asyncio.create_task(values())


def job(num_rows: int, deadline: float | None = None, **more: Any) -> Job:
    return Job(PredictRequest({}, num_rows), monotonic(), deadline, **more)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


def test_small_requests_that_are_there_are_predicted_at_once() -> None:
    async def scene() -> list[int]:
        queue = Queue()
        answers = await asyncio.gather(*(queue.ask(job(rows)) for rows in (1, 2, 3, 4, 1)))
        assert [len(values) for values in answers] == [1, 2, 3, 4, 1]
        assert queue.log.told == [(4, 10), (1, 1)]
        return queue.forward.sizes

    assert run(scene()) == [10, 1]


def test_a_request_that_is_not_small_is_predicted_alone() -> None:
    async def scene() -> list[list[int]]:
        queue = Queue()
        await asyncio.gather(*(queue.ask(job(rows)) for rows in (1, 5, 2, 2)))
        return [[each.num_rows for each in batch] for batch in queue.forward.batches]

    assert run(scene()) == [[1], [5], [2, 2]]


def test_a_large_request_is_predicted_in_slices_and_lets_others_in_between() -> None:
    async def scene() -> tuple[list[int], list[float]]:
        queue = Queue()
        large, small = await asyncio.gather(queue.ask(job(25)), queue.ask(job(2)))
        assert small[:, 0].tolist() == [0, 1]
        return queue.forward.sizes, large[:, 0].tolist()

    assert run(scene()) == ([10, 2, 10, 5], [float(row) for row in range(25)])


def test_the_loop_turns_between_two_slices() -> None:
    async def scene() -> list[int]:
        queue = Queue()
        large = queue.ask(job(40))
        seen = []
        while not large.done():
            await asyncio.sleep(0)
            seen.append(len(queue.forward.sizes))
        return sorted(set(seen))

    assert run(scene()) == [0, 1, 2, 3, 4]


def test_nothing_waits_for_what_may_come_and_a_lone_request_never_waits() -> None:
    async def scene() -> None:
        for max_delay_s, num_open in ((0.0, 5), (3600.0, 0), (3600.0, 1)):
            queue = Queue(max_delay_s)
            queue.open = num_open
            await asyncio.wait_for(queue.ask(job(1)), 60)

    run(scene())


def test_with_a_delay_a_small_request_waits_for_those_being_received() -> None:
    async def scene() -> list[int]:
        queue = Queue(max_delay_s=3600.0)
        queue.open = 3
        first, second = queue.ask(job(1)), queue.ask(job(1))
        for _ in range(9):
            await asyncio.sleep(0)
        assert queue.forward.sizes == []
        await asyncio.gather(first, second, queue.ask(job(2)))
        return queue.forward.sizes

    assert run(scene()) == [4]


def test_a_delay_ends_when_the_batch_is_full_or_the_time_is_over() -> None:
    async def scene() -> list[int]:
        queue = Queue(max_delay_s=3600.0)
        queue.open = 99
        await asyncio.gather(*(queue.ask(job(2)) for _ in range(5)))
        full = queue.forward.sizes
        queue = Queue(max_delay_s=0.01)
        queue.open = 99
        await queue.ask(job(1))
        return full + queue.forward.sizes

    assert run(scene()) == [10, 1]


def test_what_fails_in_a_batch_fails_alone() -> None:
    async def scene() -> list[object]:
        queue = Queue()
        jobs = [job(1) for _ in range(4)]
        queue.forward.broken.add(id(jobs[1]))
        queue.forward.not_finite.add(id(jobs[2]))
        return list(await asyncio.gather(*map(queue.ask, jobs), return_exceptions=True))

    first, broken, not_finite, last = run(scene())
    assert isinstance(first, np.ndarray)
    assert isinstance(last, np.ndarray)
    assert isinstance(broken, ZeroDivisionError)
    assert isinstance(not_finite, Refusal)
    assert not_finite.kind is NOT_FINITE


def test_what_is_too_late_is_never_computed() -> None:
    async def scene() -> list[object]:
        queue = Queue()
        late, punctual = job(1, monotonic() - 1e-6), job(1, monotonic() + 3600)
        answers = await asyncio.gather(queue.ask(late), queue.ask(punctual), return_exceptions=True)
        assert queue.forward.batches == [[punctual]]
        assert queue.log.told == ["queue", (1, 1)]
        return list(answers)

    refused, answered = run(scene())
    assert isinstance(refused, Refusal)
    assert refused.kind is DEADLINE_EXCEEDED
    assert isinstance(answered, np.ndarray)


def test_what_is_late_once_it_is_predicted_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> object:
        queue = Queue()
        clock = iter([0.0, 0.0, 2.0])
        monkeypatch.setattr("service.batching.turns.monotonic", lambda: next(clock))
        late = Job(PredictRequest({}, 1), 0.0, deadline=1.0)
        (answer,) = await asyncio.gather(queue.ask(late), return_exceptions=True)
        assert queue.log.told == [(1, 1), "predicted"]
        return answer

    refused = run(scene())
    assert isinstance(refused, Refusal)
    assert refused.kind is DEADLINE_EXCEEDED


def test_a_client_that_left_costs_nothing_more() -> None:
    async def scene() -> list[object]:
        queue = Queue()
        left, stays, cancelled = job(25, gone=lambda: True), job(1), job(1)
        tasks = [queue.ask(each) for each in (left, stays, cancelled)]
        await asyncio.sleep(0)
        tasks[2].cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert queue.forward.batches == [[stays]]
        assert queue.log.told == ["left", "left", (1, 1)]
        return list(answers)

    refused, answered, _ = run(scene())
    assert isinstance(refused, Refusal)
    assert refused.kind is CLIENT_GONE
    assert isinstance(answered, np.ndarray)


def test_a_client_that_leaves_between_two_slices_costs_no_further_slice() -> None:
    async def scene() -> list[int]:
        queue = Queue()
        large = job(40, gone=lambda: len(queue.forward.sizes) > 1)
        await asyncio.gather(queue.ask(large), return_exceptions=True)
        return queue.forward.sizes

    assert run(scene()) == [10, 10]
