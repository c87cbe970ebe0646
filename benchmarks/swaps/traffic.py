"""Clients that keep their connections, ask at set times, and remember every answer."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.serving.http_client import Connection, connected

GIVE_UP_S = 10.0
_TIMER_S = 0.002
"""An event loop's timer may be late by a millisecond: what is left of a wait below this is spent turning."""


@dataclass(slots=True)
class Asked:
    """One request.

    Attributes:
        client: who asked.
        body: number of the body.
        due: when, by `time.perf_counter`.
        seconds: from then until the answer.
        status: of HTTP; 0 where the connection was cut, or no answer came in time.
        content: of the answer.
    """

    client: int
    body: int
    due: float
    seconds: float
    status: int
    content: bytes

    @property
    def answer(self) -> dict[str, Any]:
        """The answer's document."""
        found: dict[str, Any] = json.loads(self.content)
        return found

    @property
    def version(self) -> str:
        """That the answer names."""
        head = self.content[:200]
        return head.partition(b'"version":"')[2].partition(b'"')[0].decode()


@dataclass
class Traffic:
    """So many clients, each with a connection of its own and independent arrivals.

    Attributes:
        asked: all requests, in the order of their answers.
        latest: the version that each client was answered by last.
        num_cut: connections that ended before the last request.
    """

    port: int
    messages: Sequence[bytes]
    num_clients: int
    rate: float
    asked: list[Asked] = field(default_factory=list)
    latest: dict[int, str] = field(default_factory=dict)
    num_cut: int = 0
    is_over: bool = False

    async def run(self) -> None:
        """Ask until it is over."""
        connections = [await connected(self.port) for _ in range(self.num_clients)]
        await asyncio.gather(*(self._client(number, each) for number, each in enumerate(connections)))

    async def _client(self, number: int, connection: Connection) -> None:
        random = np.random.default_rng(number)
        due = time.perf_counter()
        while not self.is_over:
            due += random.exponential(self.num_clients / self.rate)
            while (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(max(0.0, wait - _TIMER_S))
            body = int(random.integers(len(self.messages)))
            status, content = 0, b""
            try:
                async with asyncio.timeout(GIVE_UP_S):
                    found = await connection.ask(self.messages[body])
                status, content = found.status, found.body
            except OSError:
                connection.close()  # TimeoutError is one of them
            now = time.perf_counter()
            self.asked.append(Asked(number, body, due, now - due, status, content))
            self.latest[number] = self.asked[-1].version
            if not connection.is_open:
                self.num_cut += 1
                connection = await connected(self.port)
        connection.close()
