"""The collector of cycles while a version is made."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from service.collector import collected_once


@contextmanager
def collections() -> Iterator[list[int]]:
    """Generations that were collected in the block."""
    found: list[int] = []

    def seen(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            found.append(info["generation"])

    gc.callbacks.append(seen)
    try:
        yield found
    finally:
        gc.callbacks.remove(seen)


def test_cycles_are_looked_for_once_at_the_end() -> None:
    with collections() as found, collected_once():
        kept = [[number] for number in range(100_000)]
        assert not found
    assert found[:1] == [2]
    assert len(kept) == 100_000
    assert gc.isenabled()


def test_what_fails_in_between_leaves_the_collector_at_work() -> None:
    with pytest.raises(OSError, match="torn"), collected_once():
        raise OSError("torn")
    assert gc.isenabled()
