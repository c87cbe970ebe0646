"""Limits on bodies, time and the queue hold whatever a client says."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

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


class Stuck:
    """Holds the model's thread until released."""

    def __init__(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        self.entered, self.release = threading.Event(), threading.Event()
        predictor = client.app.state.engine.predictor
        predict_encoded = predictor.predict_encoded

        def wait_then_predict(batch: Any) -> Any:
            self.entered.set()
            assert self.release.wait(10)
            return predict_encoded(batch)

        monkeypatch.setattr(predictor, "predict_encoded", wait_then_predict)


def test_full_queue_refuses_then_recovers(fresh: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> None:
    client = fresh(max_rows=2, max_queued_rows=5)
    stuck = Stuck(client, monkeypatch)

    async def flood() -> tuple[list[httpx.Response], list[httpx.Response]]:
        held = [asyncio.create_task(client.http.post("/predict", json=BODY)) for _ in range(2)]
        while client.app.state.engine.rows.held < 4:
            await asyncio.sleep(0.005)
        beyond = [await client.http.post("/predict", json=BODY) for _ in range(3)]
        health = [await client.http.get(path) for path in ("/livez", "/readyz", "/metrics", "/model")]
        assert [response.status_code for response in health] == [200] * 4
        stuck.release.set()
        return await asyncio.gather(*held), beyond

    held, beyond = client.run(flood())
    assert [response.status_code for response in held] == [200, 200]
    for response in beyond:
        assert_problem(response, 503, "overloaded")
        assert response.headers["retry-after"] == "1"
    assert client.predict(BODY).status_code == 200
    assert client.metric("threefold_problems_total", problem="overloaded") == 3
    assert client.metric("threefold_queued_rows") == 0


def test_too_many_open_bodies(fresh: Callable[..., Client]) -> None:
    client = fresh(max_open_bodies=1)
    gate = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b'{"instances": '
        await gate.wait()
        yield b"[{}]}"

    async def overlap() -> tuple[httpx.Response, httpx.Response]:
        first = asyncio.create_task(client.http.post("/predict", content=slow(), headers=JSON))
        while client.app.state.engine.bodies.held < 1:
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
        patch.setattr(client.app.state.engine.predictor, "predict_encoded", lambda batch: 1 / 0)
        problem = assert_problem(client.predict(BODY), 500, "internal-error")
        assert "division" not in str(problem)
    assert client.predict(BODY).status_code == 200
