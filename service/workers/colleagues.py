"""What workers that follow the same channel have in common; made before they are forked."""

import fcntl
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from struct import calcsize
from tempfile import TemporaryFile

_BYTES = calcsize("q")
_ASKED, _SWAPPED = range(2)


class Colleagues:
    """See `service.swapping.company.Company`."""

    def __init__(self) -> None:
        self._numbers = memoryview(mmap.mmap(-1, 2 * _BYTES)).cast("q")
        self._lock = TemporaryFile()  # noqa: SIM115 - closed by `close`, and by the end of a process

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

    def swapped(self) -> None:
        """A worker serves another version than the one that all were forked with."""
        self._numbers[_SWAPPED] = 1

    def close(self) -> None:
        """None of them is forked any more."""
        self._lock.close()

    @property
    def have_swapped(self) -> bool:
        """Whether one does."""
        return bool(self._numbers[_SWAPPED])
