"""A worker as the supervisor sees it: a process below it, and the last words of one that could not serve."""

import os
import signal
from collections.abc import Sequence
from time import monotonic

from service.workers.worker import Shared, leave, run_worker

_MOST_BYTES = 60_000
"""Of last words: what a pipe holds, so that nobody waits for a reader."""


class WorkerProcess:
    """Forked when it is made.

    Args:
        shared: by all workers.
        number: its own, from 0.
        not_its_own: descriptors of the supervisor that the worker closes.

    Attributes:
        pid: its process id.
        started_at: by `time.monotonic`.
    """

    def __init__(self, shared: Shared, number: int, not_its_own: Sequence[int]) -> None:
        self.number = number
        self.started_at = monotonic()
        self._words, words = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            for descriptor in (*not_its_own, self._words):
                os.close(descriptor)
            leave(run_worker(shared, number, lambda text: _say(words, text)))
        os.close(words)

    def status(self) -> int | None:
        """How it ended, as `os.waitstatus_to_exitcode` tells it: below zero a signal; None while it lives.

        Asked once after its end.
        """
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None

    def last_words(self) -> str:
        """Why it could not serve; empty where it said nothing. Asked once, after its end."""
        with os.fdopen(self._words, "rb") as words:
            return words.read().decode(errors="replace")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)


def _say(descriptor: int, text: str) -> None:
    os.write(descriptor, text.encode(errors="replace")[:_MOST_BYTES])
