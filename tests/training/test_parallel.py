"""A map on threads that cannot be told from `map`, but for the time it takes."""

import threading
from collections.abc import Iterator

import pytest

from training.data.parallel import in_order


@pytest.fixture(params=[0, 1, 3], ids="{} workers".format)
def workers(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


def failing(items: list[int]) -> Iterator[int]:
    yield from items
    raise ValueError("the stream broke")


def refusing(item: int) -> int:
    if item == 3:
        raise KeyError("three")
    return item * 10


def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    first_may_go = threading.Event()

    def slow_first(item: int) -> int:
        if item == 0 and workers > 1:
            assert first_may_go.wait(10), "the others were not worked on while the first one took its time"
        elif item == 2:
            first_may_go.set()
        return item * 10

    assert list(in_order(slow_first, range(50), workers)) == list(range(0, 500, 10))


def test_it_draws_no_more_than_it_may(workers: int) -> None:
    drawn: list[int] = []

    def items() -> Iterator[int]:
        for item in range(100):
            drawn.append(item)
            yield item

    for ahead in (0, 2):
        drawn.clear()
        results = in_order(lambda item: item, items(), workers, ahead)
        for taken in range(1, 6):
            next(results)
            assert len(drawn) == taken + (ahead if workers else 0)
        results.close()


def test_an_exception_comes_after_the_results_before_it(workers: int) -> None:
    results = in_order(refusing, range(10), workers)
    assert [next(results) for _ in range(3)] == [0, 10, 20]
    with pytest.raises(KeyError, match="three"):
        next(results)
    assert list(results) == []


def test_so_does_an_exception_of_the_stream(workers: int) -> None:
    results = in_order(lambda item: item, failing([1, 2, 3, 4]), workers)
    assert [next(results) for _ in range(4)] == [1, 2, 3, 4]
    with pytest.raises(ValueError, match="the stream broke"):
        next(results)


@pytest.mark.parametrize("how", ["closed", "failed"])
def test_no_thread_outlives_it(how: str) -> None:
    before = set(threading.enumerate())
    results = in_order(refusing, iter(range(1_000_000)), 3)
    if how == "closed":
        next(results)
        results.close()
    else:
        with pytest.raises(KeyError):
            list(results)
    assert set(threading.enumerate()) == before
