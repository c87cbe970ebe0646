"""What workers tell each other and the supervisor without a message: numbers in memory that all of them share."""

import mmap
from struct import calcsize

_BYTES = calcsize("q")
_STARTING = -1


class Board:
    """The open connections of each worker, or that it does not serve yet. Each worker writes its own number alone.

    Args:
        num_workers: who have a place on it, by their number from 0.
    """

    def __init__(self, num_workers: int) -> None:
        self._open = memoryview(mmap.mmap(-1, num_workers * _BYTES)).cast("q")
        for worker in range(num_workers):
            self.starting(worker)

    def starting(self, worker: int) -> None:
        """The worker does not serve: it is dead, or not there yet."""
        self._open[worker] = _STARTING

    def serves(self, worker: int, num_open: int) -> None:
        """The worker serves so many connections."""
        self._open[worker] = num_open

    @property
    def num_serving(self) -> int:
        """Workers that serve."""
        return sum(held != _STARTING for held in self._open)

    def fewest(self) -> int:
        """Connections of the worker that has fewest; 0 where none serves."""
        return min((held for held in self._open if held != _STARTING), default=0)
