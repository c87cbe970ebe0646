"""Locks between processes that end with the process that holds them, however it ends."""

import fcntl
import os
import weakref
from pathlib import Path


class FileLock:
    """A lock on a file that is made where it is absent; let go of by `release`, or with the object.

    The file stays: removing it could split those who wait for it from those who come later.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self._closing = weakref.finalize(self, os.close, self._file)

    def try_alone(self) -> bool:
        """Hold it alone where nobody else holds it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def wait_alone(self) -> None:
        """Hold it alone as soon as nobody else does."""
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def wait_shared(self) -> None:
        """Hold it together with others as soon as nobody holds it alone."""
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def release(self) -> None:
        """Let go of it."""
        self._closing()
