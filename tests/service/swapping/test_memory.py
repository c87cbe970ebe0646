"""What a swap leaves behind: nothing, however many there were."""

import asyncio
import gc
import weakref
from collections.abc import Callable

from service.swapping.serving import Serving
from tests.service.client import Client
from tests.service.swapping.versions import Versions, look, served

NUM_SWAPS = 6
_TIMERS = 20
"""Objects of timers a swap, which an event loop holds until they are due, cancelled or not."""


def drained(client: Client) -> None:
    """Wait until every version is gone that answers nobody."""
    client.run(asyncio.sleep(0.1))


def num_types_and_objects() -> tuple[int, int]:
    """All that the collector knows, also what it was told to spare, be it garbage or not."""
    gc.collect()
    gc.unfreeze()
    there = gc.get_objects()
    gc.freeze()
    return sum(issubclass(type(each), type) for each in there), len(there)


def test_only_the_present_and_the_draining_versions_are_alive(
    versions: Versions, follow: Callable[..., Client]
) -> None:
    client = follow()
    held: list[weakref.ref[Serving]] = []
    draining = client.app.state.serving
    with draining.engine.holding():
        for seed in range(NUM_SWAPS):
            versions.promote(versions.add(seed=seed))
            look(client)
            held.append(weakref.ref(client.app.state.serving))
        drained(client)
        assert [each() is not None for each in held] == [False] * (NUM_SWAPS - 1) + [True]
    gone = weakref.ref(draining)
    del draining
    drained(client)
    assert gone() is None


def test_swaps_make_no_types_and_leave_no_objects(versions: Versions, follow: Callable[..., Client]) -> None:
    """A type is a cycle of references: what is frozen of it stays for ever."""
    names = [versions.champion, versions.add(seed=2)]
    client = follow()

    def swap(times: int) -> None:
        for turn in range(times):
            versions.promote(names[1 - turn % 2])
            look(client)
            drained(client)

    swap(2)
    types, objects = num_types_and_objects()
    swap(NUM_SWAPS)
    types_afterwards, objects_afterwards = num_types_and_objects()
    assert types_afterwards == types
    assert objects_afterwards - objects < NUM_SWAPS * _TIMERS


def test_metrics_forget_the_versions_that_are_gone(versions: Versions, follow: Callable[..., Client]) -> None:
    client = follow()
    for seed in range(NUM_SWAPS):
        name = versions.promote(versions.add(seed=seed))
        assert look(client) == name
    series = {
        (sample.name, sample.labels["version"])
        for family in client.app.state.metrics.registry.collect()
        for sample in family.samples
        if "version" in sample.labels
    }
    assert series - {("python_info", "")} == {
        ("threefold_model_info", name),
        ("threefold_wanted_version_info", name),
    }
    assert served(client) == name
