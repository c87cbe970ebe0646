"""What workers that follow the same channel have in common; made before they are forked."""

import fcntl
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from struct import calcsize
from tempfile import TemporaryFile

_BYTES = calcsize("q")
_ASKED, _SWAPPED, _FIRST = range(3)
"""Numbers of all; from the last one on, the version of each worker."""
_NONE = 0
_DIGEST_BYTES = 7
"""Of a version's name, so that it fits into a number."""


class Colleagues:
    """As the supervisor sees them.

    Args:
        num_workers: that are forked.
    """

    def __init__(self, num_workers: int) -> None:
        self.num_workers = num_workers
        self.numbers = memoryview(mmap.mmap(-1, (_FIRST + num_workers) * _BYTES)).cast("q")
        self.lock = TemporaryFile()  # noqa: SIM115 - closed by `close`, and by the end of a process

    @property
    def have_swapped(self) -> bool:
        """Whether one serves another version than the one that all were forked with."""
        return bool(self.numbers[_SWAPPED])

    def left(self, worker: int) -> None:
        """A worker is dead."""
        self.numbers[_FIRST + worker] = _NONE

    def close(self) -> None:
        """None of them is forked any more."""
        self.lock.close()


class Colleague:
    """One of them; see `service.swapping.company.Company`.

    Args:
        shared: by all.
        worker: its number, from 0.
    """

    def __init__(self, shared: Colleagues, worker: int) -> None:
        self.num_processes = shared.num_workers
        self._numbers, self._lock, self._own = shared.numbers, shared.lock, _FIRST + worker

    def ask(self) -> None:
        """Ask all workers to look at the registry now.

        Of two that ask at the same moment one may be lost in the sum, which changes all the same.
        """
        self._numbers[_ASKED] += 1

    def num_asked(self) -> int:
        """How often that was asked."""
        return self._numbers[_ASKED]

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until no other worker makes a version ready: one of them fetches it, and one processor is busy.

        The lock belongs to a process, and goes with it.
        """
        fcntl.lockf(self._lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._lock, fcntl.LOCK_UN)

    def serves(self, version: str) -> None:
        """This worker serves the version from now on."""
        before, now = self._numbers[self._own], _number_of(version)
        self._numbers[self._own] = now
        if before not in {_NONE, now}:
            self._numbers[_SWAPPED] = 1

    def num_serving(self, version: str) -> int:
        """Workers that serve the version."""
        return self._numbers[_FIRST:].tolist().count(_number_of(version))


def _number_of(version: str) -> int:
    return 1 + int.from_bytes(sha256(version.encode()).digest()[:_DIGEST_BYTES], "big")
