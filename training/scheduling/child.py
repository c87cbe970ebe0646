"""`threefold retrain` as a child process: its memory is gone when it ends, and its death is not ours."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from threading import Lock

COMMAND = (sys.executable, "-m", "models.cli", "retrain")
"""The command `threefold retrain` of this very environment."""


class Child:
    """Runs one command after another, at most one at a time; its output goes where ours goes.

    Args:
        command: the program and its arguments.
        grace_s: seconds that a child has after SIGTERM before it is killed.
    """

    def __init__(self, command: Sequence[str], grace_s: float) -> None:
        self.command = tuple(command)
        self.grace_s = grace_s
        self._is_stopping = False
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def is_stopping(self) -> bool:
        """Whether nothing more is to be started."""
        return self._is_stopping

    def run(self) -> int:
        """Start the command and wait for its end.

        Returns:
            Its exit code, or the negative number of the signal that ended it.
        """
        with self._lock:
            if self._is_stopping:
                return -signal.SIGTERM
            # In a group of its own: Ctrl-C reaches us alone, and we pass it on as SIGTERM.
            self._process = process = subprocess.Popen(self.command, process_group=0)  # noqa: S603
        try:
            return process.wait()
        finally:
            with self._lock:
                self._process = None

    def stop(self) -> None:
        """Start nothing more; send SIGTERM to what runs, wait for it, and kill it with its own children if need be."""
        with self._lock:
            self._is_stopping = True
            process = self._process
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(self.grace_s)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):  # it has ended after all
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
