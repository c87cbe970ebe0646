"""Clients that mean harm, against the real process: bounded memory, the right status, and others served meanwhile."""

import gzip
import json
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.service.processes import HEADERS, Served, served, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
MEBIBYTE = 1024 * 1024
MAX_BODY_BYTES = MEBIBYTE
MAX_CONNECTIONS = 1_200
MEMORY_OF_ABUSE = 48 * MEBIBYTE
"""What all abuse together may cost; any of it unbounded would cost hundreds."""
BODY = b'{"instances": [{}]}'


@pytest.fixture(scope="module")
def service(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    options = {
        "checkpoint": checkpoint,
        "max-body-bytes": MAX_BODY_BYTES,
        "body-timeout-s": 1.0,
        "head-timeout-s": 1.0,
        "max-connections": MAX_CONNECTIONS,
    }
    listed = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    with served(tmp_path_factory.mktemp("abused"), *listed) as found:
        ask(found)
        yield found
        assert "Traceback" not in found.stop()


@pytest.fixture(autouse=True)
def memory_is_bounded(service: Served) -> Iterator[None]:
    before = resident_bytes(service)
    yield
    assert resident_bytes(service) - before < MEMORY_OF_ABUSE


def resident_bytes(service: Served) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{service.process.pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


def ask(service: Served) -> None:
    """Another client is served."""
    assert httpx.post(f"{service.url}/predict", content=BODY, headers=HEADERS, timeout=30).status_code == 200


def head(*lines: str) -> bytes:
    return "\r\n".join(["POST /predict HTTP/1.1", "Host: x", "Content-Type: application/json", *lines, "", ""]).encode()


@contextmanager
def connected(service: Served, sent: bytes = b"") -> Iterator[socket.socket]:
    with socket.create_connection(service.address, timeout=30) as client:
        client.sendall(sent)
        yield client


def everything(client: socket.socket) -> bytes:
    """What is answered until the service hangs up."""
    received = b""
    while part := client.recv(65_536):
        received += part
    return received


def status_of(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1.1 "), answer[:200]
    return int(answer.split()[1])


def send_until_told(client: socket.socket, chunk: bytes, num_chunks: int) -> bytes:
    """Send until there is an answer, as a client would that watches for one."""
    client.setblocking(False)
    for _ in range(num_chunks):
        try:
            client.send(chunk)
        except BlockingIOError:
            client.settimeout(0.01)
        try:
            return client.recv(65_536)
        except (BlockingIOError, TimeoutError):
            client.setblocking(False)
    raise AssertionError("no answer")


def send_for_ever(client: socket.socket, piece: bytes) -> None:
    while True:
        client.sendall(piece)


def test_half_a_body_and_then_nothing(service: Served) -> None:
    with ExitStack() as stack:
        sent = head("Content-Length: 1000") + BODY
        clients = [stack.enter_context(connected(service, sent)) for _ in range(20)]
        wait_for(lambda: service.metric("threefold_open_bodies") == 20)
        ask(service)
        for client in clients:
            answer = everything(client)
            assert status_of(answer) == 408
            assert b"body-timeout" in answer
    assert service.metric("threefold_open_bodies") == 0


def test_a_thousand_idle_connections_are_let_go(service: Served) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(connected(service)) for _ in range(1_000)]
        ask(service)
        assert all(everything(client) == b"" for client in clients)
    ask(service)


def test_connections_beyond_the_limit_are_told_so(service: Served) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(connected(service)) for _ in range(MAX_CONNECTIONS + 5)]
        answers = [everything(client) for client in clients]
    assert sum(answer != b"" for answer in answers) >= 5
    assert {status_of(answer) for answer in answers if answer} == {503}
    ask(service)


def test_a_gibibyte_announced_is_refused_by_its_head(service: Served) -> None:
    with connected(service, head(f"Content-Length: {1024 * MEBIBYTE}")) as client:
        assert status_of(client.recv(65_536)) == 413
        ask(service)


@pytest.mark.parametrize("framing", ["Transfer-Encoding: chunked", f"Content-Length: {1024 * MEBIBYTE}"])
def test_a_gibibyte_sent_is_refused_where_the_limit_is(framing: str, service: Served) -> None:
    piece = b" " * MEBIBYTE
    chunk = b"%x\r\n%b\r\n" % (len(piece), piece) if "chunked" in framing else piece
    with connected(service, head(framing)) as client:
        assert status_of(send_until_told(client, chunk, 1024)) == 413


def test_what_goes_on_after_its_refusal_is_cut_off(service: Served) -> None:
    with connected(service, head("Transfer-Encoding: chunked")) as client:
        piece = b"%x\r\n%b\r\n" % (MEBIBYTE, b" " * MEBIBYTE)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            send_for_ever(client, piece)
    ask(service)


@pytest.mark.parametrize("opening", [b"[", b'{"instances":['])
def test_deep_nesting(opening: bytes, service: Served) -> None:
    body = opening * (MAX_BODY_BYTES // len(opening))
    answer = httpx.post(f"{service.url}/predict", content=body, headers=HEADERS, timeout=30)
    assert answer.status_code == 400
    ask(service)


def test_a_gzip_bomb(service: Served) -> None:
    bomb = gzip.compress(b" " * (64 * MEBIBYTE))
    assert len(bomb) < MAX_BODY_BYTES
    for body in [bomb] * 3:
        headers = {**HEADERS, "Content-Encoding": "gzip"}
        answer = httpx.post(f"{service.url}/predict", content=body, headers=headers, timeout=30)
        assert answer.status_code == 413
        assert answer.json()["type"].endswith("body-too-large")
    ask(service)


def test_headers_that_trickle(service: Served) -> None:
    with connected(service, b"POST /predict HTTP/1.1\r\nX-Slow: ") as client:
        ask(service)
        answer = b""
        client.settimeout(0.05)
        while not answer:
            try:
                client.send(b"x")
                answer = client.recv(65_536)
            except TimeoutError:
                continue
    assert status_of(answer) == 408


def test_headers_without_end(service: Served) -> None:
    with connected(service, b"GET /livez HTTP/1.1\r\n") as client:
        answer = send_until_told(client, b"X-More: " + b"y" * 8_000 + b"\r\n", 100_000)
    assert status_of(answer) == 431


def test_trailers_without_end(service: Served) -> None:
    opened = connected(service, head("Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n")
    with opened as client, pytest.raises((ConnectionResetError, BrokenPipeError)):
        send_for_ever(client, b"X-More: " + b"y" * 8_000 + b"\r\n")
    ask(service)


def test_garbage_behind_a_request(service: Served) -> None:
    good = head(f"Content-Length: {len(BODY)}") + BODY
    with connected(service, good * 3 + b"\x00\xff garbage\r\n\r\n" * 100) as client:
        answer = everything(client)
    assert status_of(answer) == 200
    assert answer.count(b"HTTP/1.1 200") <= 3
    with connected(service, b"\x16\x03\x01\x02\x00\x01" * 1000) as client:
        assert status_of(client.recv(65_536)) == 400
    ask(service)


def test_many_requests_in_one_piece_are_answered_one_after_another(service: Served) -> None:
    good = head(f"Content-Length: {len(BODY)}") + BODY
    last = head(f"Content-Length: {len(BODY)}", "Connection: close") + BODY
    with connected(service, good * 50 + last) as client:
        answers = everything(client)
    assert answers.count(b"HTTP/1.1 200") == 51
    assert len({json.loads(text)["request_id"] for text in re.findall(rb"\{.*?\]\}", answers)}) == 51
