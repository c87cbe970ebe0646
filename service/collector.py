"""Memory as a server needs it: Python's collector of reference cycles, and what was freed."""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def spare_what_stays() -> None:
    """Look no more at what is alive now.

    A vocabulary of two million ids is as many objects: to walk over all of them, again and again, takes tens of
    milliseconds in which nobody is answered. To look at young objects less often too would save a fiftieth of a
    request's time and hold 25 MiB more a worker (benchmarks/workers_memory.py).
    """
    gc.collect()
    gc.freeze()


@contextmanager
def collected_once() -> Iterator[None]:
    """Look for cycles once, at the end, and then spare what stays.

    A collection in the middle of loading a version walks over all that was read so far, 15 ms for a million ids, and
    network and compiler set off several, in each of which nobody is answered. What requests leave behind is freed
    without it: they make no cycles.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
        spare_what_stays()
    finally:
        if was_enabled:
            gc.enable()


def give_back_memory() -> None:
    """Hand what was freed back to the system: glibc keeps the gaps that a model leaves for whatever comes next."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
