"""Python's collector of reference cycles, as a server needs it."""

import gc


def spare_what_stays() -> None:
    """Look no more at what is alive now.

    A vocabulary of two million ids is as many objects: to walk over all of them, again and again, takes tens of
    milliseconds in which nobody is answered. To look at young objects less often too would save a fiftieth of a
    request's time and hold 25 MiB more a worker (benchmarks/workers_memory.py).
    """
    gc.collect()
    gc.freeze()
