"""Requests past the framework: deadlines, compressed bodies, and refusals by the head alone."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from tests.service.client import Client, assert_problem
from tests.service.processes import HEADERS, served, wait_for

TIMEOUT = "X-Request-Timeout-Ms"
BODY = {"instances": [{}, {}]}


@pytest.mark.parametrize("given", ["0", "-5", "1.5", "soon", "", "9" * 10, "٣"])
def test_a_timeout_is_a_whole_number_of_milliseconds(given: str, client: Client) -> None:
    problem = assert_problem(client.predict(BODY, headers={TIMEOUT: given.encode()}), 400, "wrong-header")
    assert TIMEOUT in problem["detail"]


def test_an_answer_in_time(client: Client) -> None:
    assert client.predict(BODY, headers={TIMEOUT: " 999999999 "}).status_code == 200


def test_a_deadline_that_the_queue_will_not_meet_is_refused_on_arrival(fresh: Callable[..., Client]) -> None:
    client = fresh()
    engine = client.app.state.serving.engine
    engine.turns.pace.note(1, 60.0)  # a minute a row
    with engine.rows.holding(1):
        assert_problem(client.predict(BODY, headers={TIMEOUT: "5000"}), 504, "deadline-exceeded")
    assert client.metric("threefold_deadlines_missed_total", when="arrival") == 1
    assert client.metric("threefold_rows_total") == 0
    assert client.predict(BODY, headers={TIMEOUT: "600000"}).status_code == 200


def test_a_body_that_arrives_after_the_deadline(fresh: Callable[..., Client]) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        for _ in range(1_000):
            yield b" "
            await asyncio.sleep(0.01)

    client = fresh()
    response = client.post(content=trickle(), headers={**HEADERS, TIMEOUT: "30"})
    assert_problem(response, 504, "deadline-exceeded")


def test_what_is_predicted_is_not_told_to_a_client_whose_deadline_has_passed(
    fresh: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = fresh()
    monkeypatch.setattr("service.batching.job.Job.is_late", lambda job, now: job.num_done > 0)
    assert_problem(client.predict(BODY, headers={TIMEOUT: "600000"}), 504, "deadline-exceeded")
    assert client.metric("threefold_deadlines_missed_total", when="predicted") == 1


def test_a_compressed_body_is_the_body(client: Client) -> None:
    text = b'{"instances": [{"item_id": "i1"}, {"price": 3}]}'
    plain = client.post(content=text, headers=HEADERS).json()["predictions"]
    packed = client.post(content=gzip.compress(text), headers={**HEADERS, "Content-Encoding": "gzip"})
    assert packed.json()["predictions"] == plain


def test_a_compressed_body_is_bounded_by_what_it_unfolds_to(fresh: Callable[..., Client]) -> None:
    client = fresh(max_body_bytes=10_000)
    headers = {**HEADERS, "Content-Encoding": "gzip"}
    text = b'{"instances": [{}]}'
    for size, status in ((10_000, 200), (10_001, 413), (9_000_000, 413)):
        body = gzip.compress(text + b" " * (size - len(text)))
        assert client.post(content=body, headers=headers).status_code == status


def test_large_bodies_are_read_one_a_turn_of_the_loop(fresh: Callable[..., Client]) -> None:
    client = fresh()
    engine = client.app.state.serving.engine
    turns_of_loop, read_in, read = 0, [], engine.reader.read

    def reading(body: bytes, **options: bool) -> object:
        read_in.append(turns_of_loop)
        return read(body, **options)

    engine.reader.read = reading
    body = b'{"instances": [{}]}' + b" " * 200_000

    async def flood() -> list[httpx.Response]:
        nonlocal turns_of_loop
        asked = [asyncio.ensure_future(client.http.post("/predict", content=body, headers=HEADERS)) for _ in range(6)]
        while not all(each.done() for each in asked):
            await asyncio.sleep(0)
            turns_of_loop += 1
        return [await each for each in asked]

    assert [response.status_code for response in client.run(flood())] == [200] * 6
    assert len(set(read_in)) == len(read_in) == 6


def test_a_client_that_left_is_not_predicted(fresh: Callable[..., Client]) -> None:
    client = fresh()
    sent = []

    async def ask() -> None:
        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b'{"instances": [{}]}'}

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        gone = {"threefold.gone": {"ask": lambda: True}}
        headers = [(b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": "/predict", "headers": headers, "extensions": gone}
        await client.app(scope, receive, send)

    client.run(ask())
    assert client.metric("threefold_cancelled_total") == 1
    assert client.metric("threefold_rows_total") == 0
    assert sent[0]["status"] == 499


def test_what_finds_no_room_is_refused_by_its_head(checkpoint: Path, tmp_path: Path) -> None:
    with served(tmp_path, "--checkpoint", str(checkpoint), "--max-open-bodies", "1") as service:
        lines = ("POST /predict HTTP/1.1", "Host: x", "Content-Type: application/json", "Content-Length: 19", "", "")
        with (
            socket.create_connection(service.address, timeout=30) as holding,
            httpx.Client(base_url=service.url, headers=HEADERS, timeout=30) as client,
        ):
            holding.sendall("\r\n".join(lines).encode())
            wait_for(lambda: service.metric("threefold_open_bodies") == 1)
            for content in (b'{"instances": [{}]}', b" " * 3_000_000, b""):
                refused = client.post("/predict", content=content, headers={"X-Request-ID": "mine"})
                problem = assert_problem(refused, 503, "overloaded")
                assert refused.headers["retry-after"] == "1"
                assert refused.headers["x-request-id"] == problem["request_id"] == "mine"
            assert client.get("/predict").status_code == 405
            assert service.metric("threefold_overloads_total", limit="bodies") == 3
            assert service.metric("threefold_requests_total", route="/predict", status="503") == 3
            holding.sendall(b'{"instances": [{}]}')
            assert holding.recv(65_536).startswith(b"HTTP/1.1 200")
            assert client.post("/predict", content=b'{"instances": [{}]}').status_code == 200
        log = service.stop()
    assert log.count("problem=overloaded") < 3  # one a second
