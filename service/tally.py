"""What is counted per request, kept in plain Python and poured into Prometheus' metrics a few times a second.

One metric of prometheus_client takes a lock or writes to a mapped file: a microsecond each, with thirty a request. Sums
of many requests cost the same once.
"""

import asyncio
from collections import defaultdict
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
        self._counts: defaultdict[Counter, float] = defaultdict(float)
        self._values: defaultdict[BulkHistogram, list[float]] = defaultdict(list)
        self._latest: dict[Gauge, float] = {}
        self._kept: defaultdict[TakesValues, list[NDArray[np.float32]]] = defaultdict(list)
        self._due: asyncio.TimerHandle | None = None

    def count(self, counter: Counter, amount: float = 1.0) -> None:
        """Add an amount."""
        self._counts[counter] += amount
        self._pour_later()

    def observe(self, histogram: BulkHistogram, value: float) -> None:
        """Add a value."""
        self._values[histogram].append(value)
        self._pour_later()

    def set(self, gauge: Gauge, value: float) -> None:
        """What a gauge shows next."""
        self._latest[gauge] = value
        self._pour_later()

    def keep(self, taker: TakesValues, values: NDArray[np.float32]) -> None:
        """Hold an array until it is taken."""
        self._kept[taker].append(values)
        self._pour_later()

    def pour(self) -> None:
        """Bring the metrics up to date."""
        if self._due is not None:  # or every scrape would leave one more timer behind, each of which begets the next
            self._due.cancel()
            self._due = None
        while self._counts:
            counter, amount = self._counts.popitem()
            counter.inc(amount)
        while self._values:
            histogram, observed = self._values.popitem()
            histogram.observe_all(observed)
        while self._latest:
            gauge, value = self._latest.popitem()
            gauge.set(value)
        while self._kept:
            taker, kept = self._kept.popitem()
            taker.take(kept)

    def _pour_later(self) -> None:
        if self._due is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # nobody is being served
            self.pour()
        else:
            self._due = loop.call_later(EVERY_S, self.pour)
