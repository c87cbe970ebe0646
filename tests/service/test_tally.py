"""Counts are poured later, and are the same."""

import asyncio
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from service.tally import EVERY_S, BulkHistogram, Tally

BOUNDS = (1.0, 2.0, 4.0)


@pytest.mark.parametrize("values", [[0.5], [1.0, 1.5, 2.0, 4.0, 4.5], [9.0, 0.0, 9.0]])
def test_many_values_at_once_are_as_one_by_one(values: list[float]) -> None:
    registries = CollectorRegistry(), CollectorRegistry()
    one, bulk = (
        made("seconds", "Some.", ["stage"], registry=registry, buckets=BOUNDS).labels("parse")
        for made, registry in zip((Histogram, BulkHistogram), registries, strict=True)
    )
    assert isinstance(bulk, BulkHistogram)
    for value in values:
        one.observe(value)
    bulk.observe_all(values)
    expected, found = (
        [line for line in generate_latest(registry).splitlines() if b"_created" not in line] for registry in registries
    )
    assert found == expected


def test_counts_appear_after_a_while_by_themselves() -> None:
    registry = CollectorRegistry()
    counter, gauge = Counter("rows", "Some.", registry=registry), Gauge("held", "Some.", registry=registry)
    tally = Tally()

    async def run() -> float | None:
        tally.count(counter)
        tally.count(counter, 2)
        tally.set(gauge, 3)
        tally.set(gauge, 1)
        at_once = registry.get_sample_value("rows_total")
        await asyncio.sleep(2 * EVERY_S)
        return at_once

    assert asyncio.run(run()) == 0
    assert registry.get_sample_value("rows_total") == 3
    assert registry.get_sample_value("held") == 1


def test_without_a_loop_they_appear_at_once() -> None:
    registry = CollectorRegistry()
    counter, tally = Counter("rows", "Some.", registry=registry), Tally()
    tally.count(counter, 5)
    assert registry.get_sample_value("rows_total") == 5


class _CountingLoop(asyncio.SelectorEventLoop):
    """Remembers what was planned."""

    def __init__(self) -> None:
        super().__init__()
        self.planned: list[asyncio.TimerHandle] = []

    def call_later(self, *arguments: Any, **options: Any) -> asyncio.TimerHandle:
        self.planned.append(super().call_later(*arguments, **options))
        return self.planned[-1]


def test_however_often_metrics_are_read_one_pour_is_planned_at_a_time() -> None:
    registry = CollectorRegistry()
    counter, tally = Counter("rows", "Some.", registry=registry), Tally()
    with asyncio.Runner(loop_factory=_CountingLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, _CountingLoop)

        async def run() -> None:
            for _ in range(5):
                tally.count(counter)
                tally.count(counter)
                tally.pour()
            tally.count(counter)

        runner.run(run())
        assert len([timer for timer in loop.planned if not timer.cancelled()]) == 1
        tally.pour()
        assert not [timer for timer in loop.planned if not timer.cancelled()]
    assert registry.get_sample_value("rows_total") == 11


def test_a_pour_that_a_loop_took_with_it_does_not_keep_the_next_loop_from_one() -> None:
    registry = CollectorRegistry()
    counter, tally = Counter("rows", "Some.", registry=registry), Tally()

    async def run() -> None:
        tally.count(counter)
        await asyncio.sleep(2 * EVERY_S)

    async def left() -> None:
        tally.count(counter)

    asyncio.run(left())
    tally.pour()  # as an app does when it is closed
    asyncio.run(run())
    assert registry.get_sample_value("rows_total") == 2
