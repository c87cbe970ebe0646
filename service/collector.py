"""Python's collector of reference cycles, as a server needs it."""

import gc

_YOUNG = 20_000
"""Objects more than went since the last look at the young ones; Python's own 700 is reached by every request or two,
and requests leave no cycles behind."""


def spare_what_stays() -> None:
    """Look no more at what is alive now, and less often at the rest.

    A vocabulary of two million ids is as many objects: to walk over all of them, again and again, takes tens of
    milliseconds in which nobody is answered.
    """
    gc.collect()
    gc.freeze()
    _, middle, old = gc.get_threshold()
    gc.set_threshold(_YOUNG, middle, old)
