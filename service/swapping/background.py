"""A thread beside the event loop, for what takes long and must not be noticed."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
NICENESS = 5
"""Of the thread. It holds the interpreter's lock at times, and where it gets no processor then, the event loop waits
for both; so it gives way a little only (docs/decisions/0014-every-process-swaps-for-itself.md)."""
SWITCH_S = 0.0005
"""After how long the thread hands the interpreter's lock over when the event loop asks for it; 5 ms else."""


class Background:
    """One thread at a time, on behalf of one event loop."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()
        self._thread: threading.Thread | None = None

    async def done(self, work: Callable[[], T]) -> T:
        """What the work returns; whatever it raises is raised here."""
        async with self._one_at_a_time:
            future: Future[T] = Future()
            future.set_running_or_notify_cancel()  # whoever waits may be cancelled, the thread cannot
            # A daemon: what a store does not answer for minutes shall not keep the process from ending.
            self._thread = threading.Thread(target=_settle, args=(future, work), daemon=True)
            self._thread.start()
            return await asyncio.wrap_future(future)

    def close(self, timeout_s: float) -> bool:
        """Wait for the thread that works, if one does: to end a process under it may crash.

        Returns:
            Whether none works any more.
        """
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()


def _settle(future: "Future[T]", work: Callable[[], T]) -> None:
    try:
        with _unnoticed():
            result = work()
    except Exception as error:
        future.set_exception(error)
    else:
        future.set_result(result)


@contextmanager
def _unnoticed() -> Iterator[None]:
    if sys.platform == "linux":  # elsewhere a priority is of the whole process
        thread = threading.get_native_id()
        if os.getpriority(os.PRIO_PROCESS, thread) < NICENESS:  # only root may ask for more than it has
            os.setpriority(os.PRIO_PROCESS, thread, NICENESS)
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
