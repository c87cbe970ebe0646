"""Latency where clients come when they come: independent arrivals at a share of what the server can do."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
BLOCKS = 12
"""Parts of the time, each with a peak of its own right before it: what a machine can do changes from second to second
where others share it, and arrivals at 70% of what it could do a minute ago may be more than it can do now."""
Times = NDArray[np.float64]


@dataclass(frozen=True)
class Tail:
    """Latencies at a share of the peak.

    Attributes:
        precision: of the server.
        peak: requests a second at the most.
        rate: requests that came a second.
        p50, p99: of the latency from when a request was due, in seconds.
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
        peak_rate(running, messages, extent.peak_seconds)
        blocks = [_block(running, messages, precision, extent, block) for block in range(BLOCKS)]
    found = median_of(blocks)
    print(
        f"{precision}: peak {found.peak:,.0f}/s; at {SHARE:.0%} p50 {found.p50 * 1e3:.2f} ms, "
        f"p99 {found.p99 * 1e3:.2f} ms; of each part {[round(block.spread, 1) for block in blocks]}",
        flush=True,
    )
    return found


def _block(running: Running, messages: Sequence[bytes], precision: str, extent: Extent, seed: int) -> Tail:
    """One part: the peak, then arrivals."""
    seconds = extent.tail_seconds / BLOCKS
    peak = peak_rate(running, messages, extent.peak_seconds / 2)
    times = poisson(SHARE * peak, seconds, seed=seed)
    load = asyncio.run(_run(running, messages, times))
    p50, p99 = np.percentile(load.times(), [50, 99])
    lag = float(np.percentile(load.lags, 99))
    refused = len(load.statuses) - load.count(OK)
    return Tail(
        precision, peak, len(times) / seconds, float(p50), float(p99), queue_spread(times, 1 / peak), refused, lag
    )


def median_of(blocks: Sequence[Tail]) -> Tail:
    """The part whose p99 over p50 is the middle one, with what was refused in all of them."""
    middle = sorted(blocks, key=lambda block: block.spread)[len(blocks) // 2]
    return replace(middle, refused=sum(block.refused for block in blocks))


async def _run(running: Running, messages: Sequence[bytes], times: Times) -> Load:
    return await Arrivals(running.port, messages, times).run()


def queue_spread(times: Times, service: float) -> float:
    """p99 over p50 where each request takes exactly as long: what the arrivals alone make of it."""
    free, latencies = 0.0, []
    for time in times.tolist():
        free = max(free, time) + service
        latencies.append(free - time)
    p50, p99 = np.percentile(latencies, [50, 99])
    return float(p99 / p50)
