"""Counts are poured later, and are the same."""

import asyncio

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
