"""Traffic that never pauses: clients that ask a day's requests at a steady rate, and keep what was answered."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import numpy as np
import orjson
from numpy.typing import NDArray

from benchmarks.end_to_end.questions import Question
from benchmarks.serving.http_client import Connection, connected

Values = NDArray[np.float64]
GIVE_UP_SECONDS = 10.0


@dataclass
class Answered:
    """All answers to one question by one version: the least and the greatest of each number.

    Attributes:
        fields: of the answer.
        low: [candidates, fields]
        high: [candidates, fields]
    """

    fields: tuple[str, ...]
    low: Values
    high: Values


@dataclass
class Heard:
    """What the clients heard in one stretch of time.

    Attributes:
        versions: good answers by the version that they name.
        failures: everything else, by what it was.
        first: when each version was first named, in seconds since 1970.
        answers: by question (its place in the list) and version.
        under_way: requests that wait for their answer.
    """

    questions: Sequence[Question]
    versions: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    first: dict[str, float] = field(default_factory=dict)
    answers: dict[tuple[int, str], Answered] = field(default_factory=dict)
    under_way: int = 0

    def add(self, place: int, body: bytes) -> None:
        """What came with status 200 for a question."""
        try:
            answer: dict[str, Any] = orjson.loads(body)
            version, rows = str(answer["version"]), answer["predictions"]
            fields = tuple(rows[0])
            values = np.array([[row[name] for name in fields] for row in rows], dtype=np.float64)
        except (ValueError, KeyError, IndexError, TypeError) as error:
            self.failures[f"no predictions: {type(error).__name__}"] += 1
            return
        if len(values) != self.questions[place].num_rows:
            self.failures["another number of rows than asked"] += 1
            return
        held = self.answers.setdefault((place, version), Answered(fields, values, values))
        if held.fields != fields:
            self.failures["other fields than before"] += 1
            return
        held.low, held.high = np.minimum(held.low, values), np.maximum(held.high, values)
        self.versions[version] += 1
        self.first.setdefault(version, time.time())


class Traffic:
    """Clients in a thread of their own, until the block ends.

    Args:
        port: where the service listens.
        asked: the first questions.
        clients: connections, each with one request at a time.
        rate: requests a second of all together.
    """

    def __init__(self, port: int, asked: Sequence[Question], clients: int = 4, rate: float = 40.0) -> None:
        self._port = port
        self._clients, self._pause = clients, clients / rate
        self._heard = Heard(asked)
        self._is_turning = threading.Lock()
        self._is_over = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()
        if kind is None:
            self._check()

    @property
    def heard(self) -> Heard:
        """What was heard since the last turn."""
        return self._heard

    def turn(self, asked: Sequence[Question]) -> Heard:
        """Ask other questions from now on; what was heard of the old ones, once none of them is under way.

        Raises:
            RuntimeError: the clients came to grief, and ask no more.
        """
        with self._is_turning:
            before, self._heard = self._heard, Heard(asked)
        while before.under_way and self._thread.is_alive():
            time.sleep(0.01)
        self._check()
        return before

    def _check(self) -> None:
        if self._error is not None:
            raise RuntimeError("the traffic ended before it was to end") from self._error

    def _run(self) -> None:
        try:
            asyncio.run(self._all())
        except Exception as error:
            self._error = error

    async def _all(self) -> None:
        await asyncio.gather(*(self._client(number) for number in range(self._clients)))

    async def _client(self, number: int) -> None:
        connection: Connection | None = None
        place = number
        await asyncio.sleep(number * self._pause / self._clients)
        while not self._is_over.is_set():
            with self._is_turning:
                heard = self._heard
                heard.under_way += 1
            place = (place + self._clients) % len(heard.questions)
            started = time.monotonic()
            try:
                connection = await self._ask(heard, place, connection)
            finally:
                heard.under_way -= 1
            await asyncio.sleep(max(0.0, self._pause - (time.monotonic() - started)))

    async def _ask(self, heard: Heard, place: int, connection: Connection | None) -> Connection | None:
        """One request, on the connection if it is open still, else on a new one; the connection to go on with."""
        try:
            async with asyncio.timeout(GIVE_UP_SECONDS):
                if connection is None or not connection.is_open:
                    connection = await connected(self._port)
                answer = await connection.ask(heard.questions[place].message)
        except (OSError, TimeoutError) as error:
            heard.failures[type(error).__name__] += 1
            if connection is not None:
                connection.close()
            return None
        if answer.status == 200:
            heard.add(place, answer.body)
        else:
            heard.failures[f"status {answer.status}"] += 1
        return connection
