"""The small HTTP server of a schedule: `GET /metrics` and `GET /healthz`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Thread

from prometheus_client import CONTENT_TYPE_LATEST

from models.errors import ConfigError
from training.scheduling.exposition import Exposition

_SECONDS_OF_SILENCE = 10.0


class _Handler(BaseHTTPRequestHandler):
    timeout = _SECONDS_OF_SILENCE
    exposition: Exposition
    is_alive: Callable[[], bool]

    def do_GET(self) -> None:
        """Answer one of the two paths."""
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, self.exposition.text())
        elif path == "/healthz":
            alive = type(self).is_alive()
            status = HTTPStatus.OK if alive else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, "text/plain; charset=utf-8", b"ok\n" if alive else b"the schedule stands still\n")
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"ask /metrics or /healthz\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: it is asked every few seconds."""

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    def server_bind(self) -> None:
        """Without asking for our own name, which waits where no name server answers."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])


@contextmanager
def served(exposition: Exposition, is_alive: Callable[[], bool], host: str, port: int) -> Iterator[int]:
    """Answer on this port while the block runs, and yield its number: 0 takes a free one.

    Raises:
        ConfigError: the port is taken, or the address is not ours.
    """
    handler = type("Handler", (_Handler,), {"exposition": exposition, "is_alive": staticmethod(is_alive)})
    try:
        server = _Server((host, port), handler)
    except OSError as error:
        raise ConfigError(
            f"metrics are answered on a free port of an address of this machine; found {host}:{port}: {error}: set "
            f"another --metrics-port or --metrics-host"
        ) from None
    thread = Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
