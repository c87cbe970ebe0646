"""Limits on bodies, time and the queue hold whatever a client says."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from service.engine import Engine
from tests.service.client import Client, assert_problem

JSON = {"Content-Type": "application/json"}
BODY: dict[str, list[dict[str, object]]] = {"instances": [{}, {}]}


async def chunks(num_chunks: int, pulled: list[int]) -> AsyncIterator[bytes]:
    for number in range(num_chunks):
        pulled.append(number)
        yield b" " * 1000


def test_body_at_the_limit_passes_and_one_byte_more_does_not(fresh: Callable[..., Client]) -> None:
    body = b'{"instances": [{}]}'
    client = fresh(max_body_bytes=len(body))
    assert client.post(content=body, headers=JSON).status_code == 200
    problem = assert_problem(client.post(content=body + b" ", headers=JSON), 413, "body-too-large")
    assert str(len(body)) in problem["detail"]


def test_announced_size_is_refused_before_it_is_read(fresh: Callable[..., Client]) -> None:
    pulled: list[int] = []
    response = fresh(max_body_bytes=5000).post(
        content=chunks(100, pulled), headers={**JSON, "Content-Length": "100000"}
    )
    assert_problem(response, 413, "body-too-large")
    assert pulled == []


@pytest.mark.parametrize("headers", [JSON, {**JSON, "Content-Length": "10"}, {**JSON, "Content-Length": "-9"}])
def test_endless_body_is_cut_where_the_limit_is(headers: dict[str, str], fresh: Callable[..., Client]) -> None:
    pulled: list[int] = []
    response = fresh(max_body_bytes=5000).post(content=chunks(10_000, pulled), headers=headers)
    assert_problem(response, 413, "body-too-large")
    assert len(pulled) == 6


def test_slow_body(fresh: Callable[..., Client]) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" "
            await asyncio.sleep(0.02)

    client = fresh(body_timeout_s=0.1)
    assert_problem(client.post(content=trickle(), headers=JSON), 408, "body-timeout")
    assert client.metric("threefold_open_bodies") == 0


@contextmanager
def nothing_predicted(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within the block what is queued stays queued."""
    with monkeypatch.context() as patch:
        patch.setattr(engine.turns, "_wake", lambda: None)
        yield
    engine.turns._wake()


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)


def test_full_queue_refuses_then_recovers(fresh: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> None:
    client = fresh(max_rows=2, max_queued_rows=5)
    engine = client.app.state.serving.engine

    async def flood() -> tuple[list[httpx.Response], list[httpx.Response]]:
        with nothing_predicted(engine, monkeypatch):
            held = [asyncio.create_task(client.http.post("/predict", json=BODY)) for _ in range(2)]
            await until(lambda: engine.rows.held == 4)
            assert client.metric("threefold_queued_rows") == 4
            beyond = [await client.http.post("/predict", json=BODY) for _ in range(3)]
            health = [await client.http.get(path) for path in ("/livez", "/readyz", "/metrics", "/model")]
            assert [response.status_code for response in health] == [200] * 4
        return await asyncio.gather(*held), beyond

    held, beyond = client.run(flood())
    assert [response.status_code for response in held] == [200, 200]
    for response in beyond:
        assert_problem(response, 503, "overloaded")
        assert response.headers["retry-after"] == "1"
    assert client.predict(BODY).status_code == 200
    assert client.metric("threefold_problems_total", problem="overloaded") == 3
    assert client.metric("threefold_overloads_total", limit="rows") == 3
    assert client.metric("threefold_queued_rows") == 0


def test_a_full_queue_refuses_before_it_reads(fresh: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> None:
    client = fresh(max_rows=4, max_queued_rows=4)
    engine = client.app.state.serving.engine
    pulled: list[int] = []

    async def flood() -> httpx.Response:
        with nothing_predicted(engine, monkeypatch):
            held = asyncio.create_task(client.http.post("/predict", json={"instances": [{}] * 4}))
            await until(lambda: engine.rows.held == 4)
            beyond = await client.http.post("/predict", content=chunks(9, pulled), headers=JSON)
        assert (await held).status_code == 200
        return beyond

    assert_problem(client.run(flood()), 503, "overloaded")
    assert pulled == []


def test_rows_are_guessed_from_bytes_but_refuse_nothing_alone(fresh: Callable[..., Client]) -> None:
    client = fresh(max_rows=4, max_queued_rows=4)
    assert client.predict({"instances": [{}] * 4}).status_code == 200
    padded = {"instances": [{"user_id": "x" * 10_000}]}
    assert client.predict(padded).status_code == 200


def test_too_many_open_bodies(fresh: Callable[..., Client]) -> None:
    client = fresh(max_open_bodies=1)
    gate = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b'{"instances": '
        await gate.wait()
        yield b"[{}]}"

    async def overlap() -> tuple[httpx.Response, httpx.Response]:
        first = asyncio.create_task(client.http.post("/predict", content=slow(), headers=JSON))
        while client.app.state.serving.engine.bodies.held < 1:
            await asyncio.sleep(0.005)
        second = await client.http.post("/predict", json=BODY)
        gate.set()
        return await first, second

    first, second = client.run(overlap())
    assert first.status_code == 200
    assert_problem(second, 503, "overloaded")


def test_a_bad_batch_fails_its_own_caller_only(fresh: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> None:
    client = fresh()
    with monkeypatch.context() as patch:
        patch.setattr(client.app.state.serving.engine.compiled, "predict", lambda batch: 1 / 0)
        problem = assert_problem(client.predict(BODY), 500, "internal-error")
        assert "division" not in str(problem)
    assert client.predict(BODY).status_code == 200
