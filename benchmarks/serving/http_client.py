"""The least client that can be: ready-made bytes out, status and body in. It must never be what is waited for."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: of HTTP.
        head: status line and headers, in lower case.
        body: of the answer.
    """

    status: int
    head: bytes
    body: bytes


class Connection(asyncio.Protocol):
    """One connection that is kept alive; a request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._waiting: asyncio.Future[Answer] | None = None
        self._head: bytes | None = None
        self._length = 0

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, message: bytes) -> asyncio.Future[Answer]:
        """Send a whole request.

        Raises:
            ConnectionError: from the future, where the server hangs up.
        """
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(message)
        return self._waiting

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionResetError("the server hung up"))
            self._waiting.exception()  # whoever has given up waiting is not to be warned of it

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._head is None:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            self._head = bytes(self._received[:end]).lower()
            del self._received[: end + 4]
            self._length = _length(self._head)
        if self._length >= 0:
            body = bytes(self._received[: self._length]) if len(self._received) >= self._length else None
        else:
            body = _unchunked(self._received)
        if body is not None and self._waiting is not None:
            self._finish(body)

    def _finish(self, body: bytes) -> None:
        head, waiting = self._head, self._waiting
        self._received.clear()
        self._head = self._waiting = None
        assert head is not None
        assert waiting is not None
        if b"\r\nconnection: close" in head:
            self.close()
        if not waiting.done():
            waiting.set_result(Answer(int(head[9:12]), head, body))


async def connected(port: int, host: str = "127.0.0.1") -> Connection:
    """A connection to a port of this machine."""
    _, connection = await asyncio.get_running_loop().create_connection(Connection, host, port)
    return connection


def message(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """The bytes of a POST."""
    told = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def get(path: str) -> bytes:
    """The bytes of a GET."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def _length(head: bytes) -> int:
    """Bytes of the body; -1 where it comes in chunks."""
    for line in head.split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
        if line.startswith(b"transfer-encoding:"):
            return -1
    return 0


def _unchunked(received: bytearray) -> bytes | None:
    """The body of its chunks, once they are complete."""
    if not received.endswith(b"0\r\n\r\n"):
        return None
    body, start = bytearray(), 0
    while True:
        end = received.find(b"\r\n", start)
        if end < 0:
            return None
        size = int(received[start:end].split(b";")[0], 16)
        if size == 0:
            return bytes(body)
        if end + 2 + size + 2 > len(received):
            return None
        body += received[end + 2 : end + 2 + size]
        start = end + 2 + size + 2
