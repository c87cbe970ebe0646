"""The health check of the images: 200 is healthy; anything else is not, and nobody there neither."""

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from tests.deploy.manifests import ROOT


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response({"/readyz": 200, "/starting": 503}.get(self.path, 404))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Answering)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def check(port: int, path: str) -> int:
    return subprocess.run([sys.executable, "-IS", ROOT / "deploy" / "healthy.py", str(port), path]).returncode


@pytest.mark.parametrize(("path", "code"), [("/readyz", 0), ("/starting", 1), ("/elsewhere", 1)])
def test_only_200_is_healthy(port: int, path: str, code: int) -> None:
    assert check(port, path) == code


def test_nobody_there_is_not_healthy() -> None:
    assert check(1, "/readyz") == 1
