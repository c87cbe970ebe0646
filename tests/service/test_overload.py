"""At three times what can be predicted: all that is computed is answered, the queue is bounded, refusals read nothing.

Time is the turns of the event loop: one request is predicted a turn, and more than one arrives.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, MutableMapping
from typing import Any

import pytest

from service.engine import Engine
from tests.service.client import Client

ROWS = 2
MAX_QUEUED_ROWS = 16
BODY = b'{"instances": [{}, {}]}'


class Crowd:
    """Sends requests to the app without a client's machinery, and counts what comes of them."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.statuses: Counter[int] = Counter()
        self.num_read = 0
        self.retry_after: list[int] = []

    async def ask(self) -> int:
        """The status of one request."""
        found = 0

        async def receive() -> dict[str, object]:
            self.num_read += 1
            return {"type": "http.request", "body": BODY}

        async def send(message: MutableMapping[str, Any]) -> None:
            nonlocal found
            if message["type"] == "http.response.start":
                found = message["status"]
                self.retry_after += [int(value) for name, value in message["headers"] if name == b"retry-after"]

        length = str(len(BODY)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await self.app({"type": "http", "method": "POST", "path": "/predict", "headers": headers}, receive, send)
        self.statuses[found] += 1
        return found


@pytest.fixture
def client(fresh: Callable[..., Client]) -> Client:
    """Of a service that predicts one request of two rows a turn."""
    return fresh(max_rows=ROWS, max_queued_rows=MAX_QUEUED_ROWS, max_batch_rows=ROWS)


def test_three_times_the_load(client: Client) -> None:
    engine: Engine = client.app.state.serving.engine
    crowd = Crowd(client.app)
    num_turns, held = 300, []

    async def offer() -> None:
        asked = []
        for _ in range(num_turns):
            asked += [asyncio.ensure_future(crowd.ask()) for _ in range(3)]
            await asyncio.sleep(0)
            held.append(engine.rows.held)
        await asyncio.gather(*asked)

    client.run(offer())
    assert max(held) == MAX_QUEUED_ROWS
    assert crowd.statuses[200] >= 0.9 * num_turns
    assert crowd.statuses[200] + crowd.statuses[503] == 3 * num_turns
    assert crowd.num_read == crowd.statuses[200]
    assert client.metric("threefold_rows_total") == ROWS * crowd.statuses[200]
    assert client.metric("threefold_batch_requests_count") == crowd.statuses[200]
    assert (engine.rows.held, engine.bodies.held) == (0, 0)


def test_it_recovers_as_soon_as_the_queue_is_predicted(client: Client) -> None:
    crowd = Crowd(client.app)

    async def burst_then_one() -> None:
        await asyncio.gather(*(crowd.ask() for _ in range(100)))
        before = crowd.statuses.copy()
        assert before == {200: MAX_QUEUED_ROWS // ROWS, 503: 100 - MAX_QUEUED_ROWS // ROWS}
        assert await crowd.ask() == 200

    client.run(burst_then_one())


def test_no_connection_is_preferred(client: Client) -> None:
    """Each of them has one request at a time in the queue, which is first in, first out."""
    crowd = Crowd(client.app)
    num_connections = MAX_QUEUED_ROWS // ROWS
    answered: Counter[int] = Counter()

    async def connection(number: int) -> None:
        while sum(answered.values()) < 20 * num_connections:
            if await crowd.ask() == 200:
                answered[number] += 1

    async def all_at_once() -> None:
        await asyncio.gather(*map(connection, range(num_connections)))

    client.run(all_at_once())
    assert max(answered.values()) - min(answered.values()) <= 1


def test_retry_after_says_when_the_queue_will_be_predicted(client: Client) -> None:
    engine: Engine = client.app.state.serving.engine
    crowd = Crowd(client.app)
    for _ in range(200):
        engine.turns.pace.note(1, 0.5)

    async def refused() -> None:
        with engine.rows.holding(MAX_QUEUED_ROWS):
            assert await crowd.ask() == 503

    client.run(refused())
    assert crowd.retry_after == [MAX_QUEUED_ROWS // 2]
