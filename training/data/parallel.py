"""The same function for a stream of items on a few threads, results in the order of the items.

Threads and not processes: numpy and Arrow leave the interpreter's lock where the time goes, a chunk need not be
copied from one process to another, and a process that forks while torch's threads run may hang.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from os import cpu_count
from typing import TypeVar

WORKERS = min(4, cpu_count() or 1)
"""Threads for the chunks of a log: more of them would mostly wait for the file, and each holds chunks in memory."""
Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int, ahead: int | None = None
) -> Generator[Result, None, None]:
    """Like `map(function, items)`, with items worked on while earlier results are used.

    Items are drawn in the caller's thread, only as it asks for results. An exception, of an item or of drawing one,
    comes where `map` would raise it: after all results before it. When the caller stops, or an exception was raised,
    what has not begun is dropped and what runs is waited for.

    Args:
        function: called on several threads at once.
        items: drawn one after another; may be endless.
        workers: threads; with 0 everything runs in the caller's.
        ahead: results that may be waiting or in the making besides the one that is handed out, which bounds memory;
            as many as there are workers where not given.
    """
    if workers == 0:
        yield from map(function, items)
        return
    waiting: deque[Future[Result]] = deque()
    most = workers if ahead is None else ahead
    pool = ThreadPoolExecutor(workers, thread_name_prefix="in-order")
    try:
        for future in _submitted(pool, function, items):
            waiting.append(future)
            if len(waiting) > most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _submitted(
    pool: ThreadPoolExecutor, function: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator["Future[Result]"]:
    """The calls under way; an exception of the stream becomes the last of them."""
    stream = iter(items)
    while True:
        try:
            item = next(stream)
        except StopIteration:
            return
        except Exception as error:
            failed: Future[Result] = Future()
            failed.set_exception(error)
            yield failed
            return
        yield pool.submit(function, item)
