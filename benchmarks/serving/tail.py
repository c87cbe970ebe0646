"""Latency where clients come when they come: independent arrivals at a share of what the server can do."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.serving.asked import Asked
from benchmarks.serving.extent import Extent
from benchmarks.serving.load import OK, Arrivals, Load, poisson, waiting_clients
from benchmarks.serving.running import Running, started
from benchmarks.serving.system import SPLIT_ROWS, ours

SHARE = 0.7
CLIENTS = (4, 8, 16, 32)
"""At once, where the peak is looked for."""
BLOCKS = 3
Times = NDArray[np.float64]


@dataclass(frozen=True)
class Tail:
    """Latencies at a share of the peak.

    Attributes:
        precision: of the server.
        peak: requests a second at the most.
        rate: requests that came a second.
        p50, p99: of the latency from when a request was due, in seconds; medians over some parts of the time.
        queue: p99 over p50 of the same arrivals at a server that needs exactly the same time for each.
        refused: requests that got no 200.
        lag: p99 of the seconds that the client itself was late.
    """

    precision: str
    peak: float
    rate: float
    p50: float
    p99: float
    queue: float
    refused: int
    lag: float

    @property
    def spread(self) -> float:
        """p99 over p50."""
        return self.p99 / self.p50


def peak_rate(running: Running, messages: Sequence[bytes], seconds: float) -> float:
    """Good answers a second, the most that any number of waiting clients gets."""
    part = seconds / len(CLIENTS)
    asyncio.run(waiting_clients(running.port, messages, 4, part))
    return max(asyncio.run(waiting_clients(running.port, messages, clients, part)).rate for clients in CLIENTS)


def measured_tail(checkpoint: Path, asked: Asked, precision: str, extent: Extent) -> Tail:
    """The peak, and then arrivals at a share of it."""
    messages = asked.messages(SPLIT_ROWS)
    with (
        tempfile.TemporaryDirectory() as folder,
        started(ours(precision, [SPLIT_ROWS]), checkpoint, messages[0], Path(folder)) as running,
    ):
        peak = peak_rate(running, messages, extent.peak_seconds)
        times = poisson(SHARE * peak, extent.tail_seconds, seed=0)
        load = asyncio.run(_run(running, messages, times))
    p50, p99 = _quantiles(load, extent.tail_seconds)
    lag = float(np.percentile(load.lags, 99))
    found = Tail(precision, peak, len(times) / extent.tail_seconds, p50, p99, queue_spread(times, 1 / peak),
                 len(load.statuses) - load.count(OK), lag)  # fmt: skip
    print(f"{precision}: peak {peak:,.0f}/s; at {SHARE:.0%} p50 {p50 * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms", flush=True)
    return found


async def _run(running: Running, messages: Sequence[bytes], times: Times) -> Load:
    return await Arrivals(running.port, messages, times).run()


def _quantiles(load: Load, seconds: float) -> tuple[float, float]:
    """p50 and p99 of each part of the time, the medians of both."""
    starts, latencies = np.array(load.starts), np.array(load.latencies)
    answered = np.array(load.statuses) == OK
    found = []
    for block in range(BLOCKS):
        within = answered & (starts >= seconds * block / BLOCKS) & (starts < seconds * (block + 1) / BLOCKS)
        found.append(np.percentile(latencies[within], [50, 99]))
    p50, p99 = np.median(found, axis=0)
    return float(p50), float(p99)


def queue_spread(times: Times, service: float) -> float:
    """p99 over p50 where each request takes exactly as long: what the arrivals alone make of it."""
    free, latencies = 0.0, []
    for time in times.tolist():
        free = max(free, time) + service
        latencies.append(free - time)
    p50, p99 = np.percentile(latencies, [50, 99])
    return float(p99 / p50)
