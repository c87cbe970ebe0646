"""A thread that makes the next items while the caller works on the last one."""

from collections import deque
from collections.abc import Generator, Iterator
from threading import Condition, Thread
from typing import Generic, TypeVar

Item = TypeVar("Item")


def prefetched(items: Iterator[Item], ahead: int) -> Generator[Item]:
    """The same items, of which at most `ahead` are ready or in the making before they are asked for.

    An exception comes where it would have come: after all items before it, as what it is. When the caller stops early,
    the thread has ended by the time that the generator is closed.
    """
    maker = _Maker(items, ahead)
    maker.start()
    try:
        yield from maker.taken()
    finally:
        maker.stop()


class _Maker(Generic[Item]):
    def __init__(self, items: Iterator[Item], ahead: int) -> None:
        assert ahead > 0, "nothing can be ready before it is asked for"
        self._items = items
        self._ahead = ahead
        self._ready: deque[Item] = deque()
        self._error: BaseException | None = None
        self._is_over = self._is_stopped = False
        self._changed = Condition()
        self._thread = Thread(target=self._make, name="prefetch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def taken(self) -> Iterator[Item]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ready or self._is_over)
                if not self._ready:
                    break
                item = self._ready.popleft()
                self._changed.notify_all()
            yield item
            del item  # the caller's alone: what was handed out is not kept until the next one is there
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()
        self._thread.join()
        self._ready.clear()

    def _make(self) -> None:
        try:
            while self._has_room():
                item = next(self._items)
                with self._changed:
                    self._ready.append(item)
                    self._changed.notify_all()
                del item
        except StopIteration:
            pass
        except BaseException as error:  # the caller raises it
            self._error = error
        finally:
            if isinstance(self._items, Generator):
                self._items.close()
            with self._changed:
                self._is_over = True
                self._changed.notify_all()

    def _has_room(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: len(self._ready) < self._ahead or self._is_stopped)
            return not self._is_stopped
