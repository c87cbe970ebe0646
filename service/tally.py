"""What is counted per request, kept in plain Python and poured into Prometheus' metrics a few times a second.

One metric of prometheus_client takes a lock or writes to a mapped file: a microsecond each, with thirty a request. Sums
of many requests cost the same once.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from prometheus_client import Counter, Gauge, Histogram

EVERY_S = 0.25
"""So stale may be what another process reads; what a process says of itself is poured first."""


class BulkHistogram(Histogram):
    """A histogram that takes many values at once."""

    def observe_all(self, values: Sequence[float]) -> None:
        """The same as to observe each."""
        places = np.searchsorted(self._upper_bounds, values)
        for place, count in enumerate(np.bincount(places).tolist()):
            if count:
                self._buckets[place].inc(count)
        self._sum.inc(float(np.sum(values)))


class TakesValues(Protocol):
    """What is worked out of whole arrays."""

    def take(self, values: Sequence[NDArray[np.float32]]) -> None:
        """All that were kept since the last time."""


class Tally:
    """Of one app; used from its event loop only: no lock."""

    def __init__(self) -> None:
        self._counts: dict[Counter, float] = {}
        self._values: dict[BulkHistogram, list[float]] = {}
        self._latest: dict[Gauge, float] = {}
        self._kept: dict[TakesValues, list[NDArray[np.float32]]] = {}
        self._is_due = False

    def count(self, counter: Counter, amount: float = 1.0) -> None:
        """Add an amount."""
        self._counts[counter] = self._counts.get(counter, 0.0) + amount
        if not self._is_due:
            self._pour_later()

    def observe(self, histogram: BulkHistogram, value: float) -> None:
        """Add a value."""
        values = self._values.get(histogram)
        if values is None:
            self._values[histogram] = [value]
        else:
            values.append(value)
        if not self._is_due:
            self._pour_later()

    def set(self, gauge: Gauge, value: float) -> None:
        """What a gauge shows next."""
        self._latest[gauge] = value
        if not self._is_due:
            self._pour_later()

    def keep(self, taker: TakesValues, values: NDArray[np.float32]) -> None:
        """Hold an array until it is taken."""
        kept = self._kept.get(taker)
        if kept is None:
            self._kept[taker] = [values]
        else:
            kept.append(values)
        if not self._is_due:
            self._pour_later()

    def pour(self) -> None:
        """Bring the metrics up to date."""
        counts, values, latest, all_kept = self._counts, self._values, self._latest, self._kept
        self._counts, self._values, self._latest, self._kept, self._is_due = {}, {}, {}, {}, False
        for counter, amount in counts.items():
            counter.inc(amount)
        for histogram, observed in values.items():
            histogram.observe_all(observed)
        for gauge, value in latest.items():
            gauge.set(value)
        for taker, kept in all_kept.items():
            taker.take(kept)

    def _pour_later(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # nobody is being served
            self.pour()
            return
        self._is_due = True
        loop.call_later(EVERY_S, self.pour)
