"""Everything that a server started: its processor time, its memory, its cores, and its end."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MARK = "THREEFOLD_BENCH_TREE"
"""A variable of the environment by which processes are found whose parents have ended."""
GRACE_SECONDS = 10.0
_PARENT, _UTIME, _STIME, _CUTIME, _CSTIME = 1, 11, 12, 13, 14
"""Positions in /proc/PID/stat, after the name: see proc(5)."""


class ProcessTree:
    """A process, all that descend from it, and all that have its mark.

    Args:
        root: the process that was started.
        mark: the value of `MARK` in its environment, its own; none looks at descent alone.
    """

    def __init__(self, root: int, mark: str | None = None) -> None:
        self.root = root
        self._mark = None if mark is None else f"{MARK}={mark}".encode()

    def processes(self) -> set[int]:
        """Those that are alive."""
        stats = {int(folder.name): _stat(folder) for folder in PROC.iterdir() if folder.name.isdigit()}
        parents = {process: int(stat[_PARENT]) for process, stat in stats.items() if stat and stat[0] not in "ZX"}
        marked = {process for process in parents if self._has_mark(process)}
        found = (marked | {self.root}) & parents.keys()
        while more := {process for process, parent in parents.items() if parent in found} - found:
            found |= more
        return found

    def cpu_seconds(self) -> float:
        """User and system time since the start of all that are alive, and of their children that have ended."""
        ticks = 0
        for process in self.processes():
            if stat := _stat(PROC / str(process)):
                ticks += sum(int(stat[position]) for position in (_UTIME, _STIME, _CUTIME, _CSTIME))
        return ticks / TICKS

    def resident_bytes(self) -> int:
        """Resident memory; pages shared by several processes count for each."""
        pages = 0
        for process in self.processes():
            try:
                pages += int((PROC / str(process) / "statm").read_text(encoding="ascii").split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
        return pages * PAGE_BYTES

    def pin(self, core: int) -> None:
        """Keep all threads on a core, also those that have chosen others for themselves."""
        for process in self.processes():
            try:
                for thread in (PROC / str(process) / "task").iterdir():
                    os.sched_setaffinity(int(thread.name), {core})
            except (FileNotFoundError, ProcessLookupError):
                continue

    def stop(self, reap: Callable[[], object] = lambda: None) -> None:
        """Ask the root to end, then end whatever is left.

        Args:
            reap: called while it waits; whoever started the root collects it there.
        """
        held = self.processes()
        _signal({self.root} & held, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < deadline and self.processes():
            reap()
            time.sleep(0.05)
        _signal(self.processes() | {process for process in held if self._has_mark(process)}, signal.SIGKILL)

    def _has_mark(self, process: int) -> bool:
        if self._mark is None:
            return False
        try:
            return self._mark in (PROC / str(process) / "environ").read_bytes().split(b"\0")
        except OSError:
            return False


def _stat(folder: Path) -> list[str] | None:
    """The fields after the name, which may itself hold blanks and brackets; None where the process is gone."""
    try:
        return (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _signal(processes: set[int], number: signal.Signals) -> None:
    for process in processes:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            continue
