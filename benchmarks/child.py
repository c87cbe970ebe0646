"""Child processes that end with the benchmark that started them, however that one ends. Linux keeps the promise."""

import os
import shutil
import signal
import sys
from collections.abc import Sequence

UNLESS_ORPHANED = '[ "$PPID" = "$0" ] && exec "$@"'


def mortal(words: Sequence[str], signal_name: str = "KILL") -> list[str]:
    """The words of a command that the kernel sends a signal as soon as the thread that started it is gone.

    `setpriv` of util-linux asks for that; a shell looks whether we were gone before, and becomes the command, so the
    process id is the command's. Where there is no `setpriv` the words stay as they are.

    Args:
        words: the command.
        signal_name: TERM for a process that has children of its own to end.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return list(words)
    return [setpriv, "--pdeathsig", signal_name, "--", "sh", "-c", UNLESS_ORPHANED, str(os.getpid()), *words]


def unwind_on_sigterm() -> None:
    """Let SIGTERM end this process as an exception does: blocks are left, and what they hold open or on disk goes."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
