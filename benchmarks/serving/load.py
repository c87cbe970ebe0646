"""Two kinds of load: some clients that each wait for their answer, and arrivals that wait for nobody."""

import asyncio
import gc
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.serving.http_client import Connection, connected

OK, REFUSED = 200, 503
MAX_CONNECTIONS = 1_000
GIVE_UP_SECONDS = 10.0
TIMER_SECONDS = 0.002
"""A timer of the event loop may be late by a millisecond: what is left of a wait below this is spent turning."""


@dataclass
class Load:
    """What a load saw, an entry a request, in the order of the answers.

    Attributes:
        starts: when it was due, in seconds since the load began.
        latencies: seconds from then until its answer.
        statuses: of HTTP; 0 where none came.
        lags: seconds that the client itself was late in sending.
        seconds: from the first request to the last answer.
        client_cpu: processor seconds that the client took.
        unsent: arrivals for which no connection was to be had.
    """

    starts: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    seconds: float = 0.0
    client_cpu: float = 0.0
    unsent: int = 0

    def add(self, start: float, latency: float, status: int, lag: float = 0.0) -> None:
        """Another answer."""
        self.starts.append(start)
        self.latencies.append(latency)
        self.statuses.append(status)
        self.lags.append(lag)

    def times(self, status: int = OK) -> NDArray[np.float64]:
        """Latencies of the answers with a status, in seconds."""
        return np.array(self.latencies)[np.array(self.statuses, dtype=int) == status]

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.statuses.count(OK) / self.seconds

    def count(self, status: int) -> int:
        """Answers with a status."""
        return self.statuses.count(status)


def poisson(rate: float, seconds: float, seed: int) -> NDArray[np.float64]:
    """Times of independent arrivals, ascending, in seconds; `rate` of them a second in the mean."""
    random = np.random.default_rng(seed)
    expected = rate * seconds
    gaps = random.exponential(1 / rate, int(expected + 10 * expected**0.5 + 10))
    times = np.cumsum(gaps)
    return times[times < seconds]


async def waiting_clients(port: int, messages: Sequence[bytes], clients: int, seconds: float) -> Load:
    """So many clients for so long, each with one request at a time."""
    load = Load()
    turns = itertools.cycle(messages)
    connections = [await connected(port) for _ in range(clients)]
    began, cpu = time.perf_counter(), time.process_time()

    async def ask(connection: Connection) -> None:
        while (start := time.perf_counter()) - began < seconds:
            try:
                answer = await connection.ask(next(turns))
            except ConnectionError:
                load.add(start - began, time.perf_counter() - start, 0)
                return
            load.add(start - began, time.perf_counter() - start, answer.status)
            if not connection.is_open:
                connection = await connected(port)

    with _undisturbed():
        await asyncio.gather(*(ask(connection) for connection in connections))
    load.seconds, load.client_cpu = time.perf_counter() - began, time.process_time() - cpu
    for connection in connections:
        connection.close()
    return load


class Arrivals:
    """Requests that come when they come, however many wait: their times are those of a schedule, not of the answers.

    A request goes out on a connection that is free, or on a new one. What it waits for, the client's own delay too, is
    part of its latency, counted from when it was due.
    """

    def __init__(self, port: int, messages: Sequence[bytes], times: NDArray[np.float64]) -> None:
        self._port = port
        self._messages = itertools.cycle(messages)
        self._times = times
        self._free: list[Connection] = []
        self._num_connections = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.load = Load()

    async def run(self) -> Load:
        """Send all of them; returns when each has its answer or was given up."""
        for _ in range(16):
            self._free.append(await connected(self._port))
            self._num_connections += 1
        self._began, cpu = time.perf_counter(), time.process_time()
        with _undisturbed():
            for due in self._times:
                while (wait := due - (time.perf_counter() - self._began)) > 0:
                    await asyncio.sleep(max(0.0, wait - TIMER_SECONDS))
                self._send(float(due))
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=GIVE_UP_SECONDS)
        self.load.seconds = time.perf_counter() - self._began
        self.load.client_cpu = time.process_time() - cpu
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in self._free:
            connection.close()
        return self.load

    def _send(self, due: float) -> None:
        if not self._free and self._num_connections >= MAX_CONNECTIONS:
            self.load.unsent += 1
            return
        task = asyncio.get_running_loop().create_task(self._ask(due))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, due: float) -> None:
        connection, lag, status = None, time.perf_counter() - self._began - due, 0
        try:
            connection = await self._connection()
            status = (await connection.ask(next(self._messages))).status
        except OSError:
            pass
        finally:
            self.load.add(due, time.perf_counter() - self._began - due, status, lag)
            if connection is not None and connection.is_open and status:
                self._free.append(connection)
            elif connection is not None:
                connection.close()
                self._num_connections -= 1

    async def _connection(self) -> Connection:
        while self._free:
            connection = self._free.pop()
            if connection.is_open:
                return connection
            self._num_connections -= 1
        self._num_connections += 1
        try:
            return await connected(self._port)
        except OSError:
            self._num_connections -= 1
            raise


class _undisturbed:  # noqa: N801 - read as a word: `with _undisturbed()`
    """No collection of garbage meanwhile: it would show as latency of the server."""

    def __enter__(self) -> None:
        gc.disable()

    def __exit__(self, *_: object) -> None:
        gc.enable()
