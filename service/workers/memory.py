"""What a process holds and has used, from the kernel's own files of it; none of them is there but on Linux."""

import os
from pathlib import Path

_BYTES_PER_KB = 1024
_UTIME, _STIME = 11, 12
"""Fields of /proc/PID/stat after the name in parentheses, which may itself hold spaces."""


def proportional_bytes(pid: int) -> int | None:
    """Proportional set size: pages of its own, and of shared ones its part; the sum over processes counts none twice.

    None where the kernel does not say.
    """
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return None
    held = [line.split()[1] for line in text.splitlines() if line.startswith("Pss:")]
    return int(held[0]) * _BYTES_PER_KB if held else None


def cpu_seconds(pid: int) -> float | None:
    """Processor time so far; None where the kernel does not say."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return (int(fields[_UTIME]) + int(fields[_STIME])) / os.sysconf("SC_CLK_TCK")


def num_threads() -> int | None:
    """Threads of this process, those of libraries included; None where the kernel does not say."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    except OSError:
        return None
