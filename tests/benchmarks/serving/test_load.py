"""Arrivals follow their schedule whatever the server does, and every one of them is accounted for."""

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.serving.http_client import Connection, message
from benchmarks.serving.load import Arrivals, Load, poisson, waiting_clients
from benchmarks.serving.tail import queue_spread

ASKED = message("/predict", b"{}", {})
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
REFUSED = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
Reply = Callable[[int], bytes | None]


def test_independent_arrivals_have_the_rate_and_the_spread_of_a_poisson_process() -> None:
    times = poisson(rate=500, seconds=40, seed=3)
    gaps = np.diff(times)
    assert times[0] > 0
    assert times[-1] < 40
    assert (gaps >= 0).all()
    assert len(times) == pytest.approx(20_000, rel=0.03)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.05)
    assert abs(np.corrcoef(gaps[1:], gaps[:-1])[0, 1]) < 0.03


def test_a_schedule_is_the_same_for_the_same_seed() -> None:
    assert poisson(50, 4, seed=1).tolist() == poisson(50, 4, seed=1).tolist() != poisson(50, 4, seed=2).tolist()


def asked(reply: Reply, ask: Callable[[int], object]) -> Load:
    """What a load saw of a server that gives each request, by its number, a reply; or hangs up."""

    async def go() -> Load:
        number, writers = 0, []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal number
            writers.append(writer)
            while await reader.read(len(ASKED)):
                answer = reply(number)
                number += 1
                if answer is None:
                    break
                writer.write(answer)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            load: Load = await ask(port)  # type: ignore[misc]
            for writer in writers:
                await writer.wait_closed()
        return load

    return asyncio.run(go())


def test_every_arrival_is_answered_refused_or_known_to_be_lost() -> None:
    times = poisson(rate=2_000, seconds=0.1, seed=0)
    replies = [OK, REFUSED, None]
    load = asked(lambda number: replies[number % 3], lambda port: Arrivals(port, [ASKED], times).run())
    assert len(load.statuses) + load.unsent == len(times)
    assert set(load.statuses) == {200, 503, 0}
    assert sorted(load.starts) == times.tolist()


def test_a_latency_counts_from_when_the_request_was_due() -> None:
    """All are due at once; so what the client itself is late by is within each latency."""
    load = asked(lambda _: OK, lambda port: Arrivals(port, [ASKED], np.zeros(50)).run())
    assert load.count(200) == 50
    assert all(latency >= lag > 0 for latency, lag in zip(load.latencies, load.lags, strict=True))


def test_waiting_clients_have_one_request_each() -> None:
    load = asked(lambda _: OK, lambda port: waiting_clients(port, [ASKED], clients=3, seconds=0.05))
    assert load.count(200) == len(load.statuses) > 0
    assert sum(load.latencies) <= 3 * load.seconds


@pytest.mark.parametrize(
    ("received", "body"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx: y\r\n\r\nhello", b"hello"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", b"hello"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
    ],
)
def test_an_answer_is_the_same_however_its_bytes_arrive(received: bytes, body: bytes) -> None:
    async def go() -> None:
        for step in (1, 7, len(received)):
            connection = Connection()
            connection._waiting = asyncio.get_running_loop().create_future()
            waiting = connection._waiting
            for start in range(0, len(received), step):
                connection.data_received(received[start : start + step])
            assert (waiting.result().status, waiting.result().body) == (200, body)

    asyncio.run(go())


def test_a_server_of_fixed_speed_spreads_latencies_only_where_arrivals_meet() -> None:
    assert queue_spread(np.arange(100) * 1.0, service=0.5) == pytest.approx(1.0)
    assert queue_spread(poisson(0.7, 3_000, seed=0), service=1.0) > 2
