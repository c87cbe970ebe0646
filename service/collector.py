"""Memory as a server needs it: Python's collector of reference cycles, and what was freed."""

import ctypes
import gc
import sys
from contextlib import suppress


def spare_what_stays() -> None:
    """Look no more at what is alive now.

    A vocabulary of two million ids is as many objects: to walk over all of them, again and again, takes tens of
    milliseconds in which nobody is answered. To look at young objects less often too would save a fiftieth of a
    request's time and hold 25 MiB more a worker (benchmarks/workers_memory.py).
    """
    gc.collect()
    gc.freeze()


def give_back_memory() -> None:
    """Hand what was freed back to the system: glibc keeps the gaps that a model leaves for whatever comes next."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
