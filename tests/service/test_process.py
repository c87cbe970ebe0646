"""The real process: it starts with one line, stops without losing a request, and refuses to start in one paragraph."""

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from service.server import bound_socket
from tests.service.processes import is_refused, start, wait_for

BODY = b'{"instances": [{}]}'


@pytest.fixture
def served(checkpoint: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """A process, the line that it started with, and its URL."""
    with start("--checkpoint", str(checkpoint), "--port", "0", "--max-body-bytes", "100000") as process:
        assert process.stderr is not None
        line = next(line for line in process.stderr if "serving" in line)
        found = re.search(r"url=(http://\S+)", line)
        assert found, line
        yield process, line, found[1]
        process.kill()


def test_serves_and_stops_gracefully(served: tuple[subprocess.Popen[str], str, str], checkpoint: Path) -> None:
    process, line, url = served
    assert f"version={checkpoint.name}" in line
    assert "http=httptools" in line
    with httpx.Client(base_url=url) as client:
        assert client.get("/readyz").status_code == 200
        assert client.post("/predict", content=BODY, headers={"Content-Type": "application/json"}).status_code == 200
        for size in (100_001, 5_000_000, 50_000_000):
            response = client.post("/predict", content=b" " * size, headers={"Content-Type": "application/json"})
            assert response.status_code == 413
        assert client.get("/readyz").status_code == 200
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as held:
        held.sendall(_head(len(BODY)) + BODY[:5])
        wait_for(lambda: "threefold_open_bodies 1.0" in httpx.get(f"{url}/metrics").text)
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: is_refused((host, int(port))))
        held.sendall(BODY[5:])
        answer = held.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200")
    assert b'"predictions":[{"click":' in answer
    assert process.wait(10) == 0
    assert process.stderr is not None
    rest = process.stderr.read()
    assert rest.rstrip().endswith("stopped")
    assert "Traceback" not in rest


def test_no_answer_waits_for_nagle() -> None:
    """Asyncio sets TCP_NODELAY only on sockets that name their protocol; without it an answer took 48 ms, not 4."""
    with bound_socket("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_refuses_to_start_in_one_paragraph(checkpoint: Path, tmp_path: Path) -> None:
    with ExitStack() as stack, socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])
        processes = {
            "it is taken": stack.enter_context(start("--checkpoint", str(checkpoint), "--port", taken)),
            "manifest.json": stack.enter_context(start("--checkpoint", str(tmp_path), "--port", "0")),
        }
        for expected, process in processes.items():
            _, errors = process.communicate(timeout=60)
            assert process.returncode == 2, errors
            assert expected in errors
            assert errors.startswith("error: ")
            assert "Traceback" not in errors
            assert errors.count("\n") == 1


def _head(length: int) -> bytes:
    lines = ["POST /predict HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {length}", "", ""]
    return "\r\n".join(lines).encode()
