"""Three times as many requests as the server can answer, for a minute: what it answers, refuses and holds meanwhile.

    python -m benchmarks.serving.overload [--quick]

Writes the section `serving_overload` of docs/results.md and its picture, and fails where the server does.
"""

import argparse
import asyncio
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import numpy as np
from numpy.typing import NDArray

from benchmarks.child import unwind_on_sigterm
from benchmarks.results_page import replace_section
from benchmarks.serving.asked import Asked, Oracle
from benchmarks.serving.checkpoint import trained_checkpoint
from benchmarks.serving.extent import QUICK, WHOLE, Extent
from benchmarks.serving.load import Arrivals, Load, poisson, waiting_clients
from benchmarks.serving.running import CLIENT_CORE, Running, started
from benchmarks.serving.system import SPLIT_ROWS, ours
from benchmarks.serving.tail import peak_rate

TIMES, LIGHT = 3.0, 0.3
"""Of the peak: offered in the overload, and afterwards."""
LIGHT_SECONDS = 6.0
SLOW = 10.0
"""Afterwards an answer is slow that takes so many times the median of a lone client's."""


@dataclass(frozen=True)
class Overloaded:
    """What happened.

    Attributes:
        seconds: of the overload.
        peak: requests a second that the server can answer.
        load: all requests, those of the light load afterwards too.
        lone: median latency of a client that is alone, in seconds.
        resident: bytes of the server's processes, once a second.
        survived: whether the process that was started still runs.
    """

    seconds: float
    peak: float
    load: Load
    lone: float
    resident: list[int]
    survived: bool

    def within(self, status: int) -> NDArray[np.bool_]:
        """Which requests were due in the overload and were answered so."""
        return (np.array(self.load.starts) < self.seconds) & (np.array(self.load.statuses) == status)

    def goodput(self) -> NDArray[np.float64]:
        """Good answers in each second of the overload, as a share of the peak."""
        ends = np.array(self.load.starts) + np.array(self.load.latencies)
        good = ends[np.array(self.load.statuses) == 200]
        counts, _ = np.histogram(good, bins=np.arange(0, int(self.seconds) + 1))
        return counts / self.peak

    def recovery(self) -> float:
        """Seconds after the overload until every answer is good, and none slow."""
        starts, latencies = np.array(self.load.starts), np.array(self.load.latencies)
        is_bad = (np.array(self.load.statuses) != 200) | (latencies > SLOW * self.lone)
        late = starts[is_bad & (starts >= self.seconds)]
        return float(late.max() - self.seconds) if len(late) else 0.0

    def unexpected(self) -> int:
        """Requests with neither an answer nor a refusal."""
        return sum(status not in (200, 503) for status in self.load.statuses)


class MemoryWatch:
    """Looks once a second at what the server's processes hold."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._is_over = Event()
        self.resident: list[int] = []

    def go_on(self) -> None:
        """Look until it is over."""
        while not self._is_over.wait(1.0):
            self.resident.append(self._running.tree.resident_bytes())

    def end(self) -> None:
        """It is over."""
        self._is_over.set()


def measured_overload(checkpoint: Path, asked: Asked, extent: Extent) -> Overloaded:
    """The peak, the overload and a light load afterwards, in one stream of arrivals."""
    messages = asked.messages(SPLIT_ROWS)
    with (
        tempfile.TemporaryDirectory() as folder,
        started(ours("float32", [SPLIT_ROWS]), checkpoint, messages[0], Path(folder)) as running,
    ):
        peak = peak_rate(running, messages, 2 * extent.peak_seconds)
        lone = asyncio.run(waiting_clients(running.port, messages, 1, extent.peak_seconds / 2))
        heavy = poisson(TIMES * peak, extent.overload_seconds, seed=0)
        light = extent.overload_seconds + poisson(LIGHT * peak, LIGHT_SECONDS, seed=1)
        watch = MemoryWatch(running)
        watching = Thread(target=watch.go_on, daemon=True)
        watching.start()
        load = asyncio.run(_run(running, messages, np.concatenate([heavy, light])))
        watch.end()
        watching.join()
        return Overloaded(
            extent.overload_seconds, peak, load, float(np.median(lone.times())), watch.resident, not running.has_ended
        )


async def _run(running: Running, messages: list[bytes], times: NDArray[np.float64]) -> Load:
    return await Arrivals(running.port, messages, times).run()


def main() -> None:
    from benchmarks.serving.overload_page import PICTURE, draw, kept_all, section

    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving.overload")
    parser.add_argument("--quick", action="store_true", help="a few seconds, nothing written")
    asked = parser.parse_args()
    unwind_on_sigterm()
    os.sched_setaffinity(0, {CLIENT_CORE})
    checkpoint = trained_checkpoint()
    found = measured_overload(checkpoint, Oracle(checkpoint).asked(100), QUICK if asked.quick else WHOLE)
    text = section(found)
    if not asked.quick:
        draw(found, PICTURE)
        replace_section("serving_overload", text)
    print(text)
    if not kept_all(found):
        raise SystemExit("a bar was missed")


if __name__ == "__main__":
    main()
