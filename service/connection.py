"""One connection: uvicorn's protocol by httptools, with bounds on what comes before and after a request's body.

Uvicorn leaves a client as much time and as many bytes for its headers as it likes. A service that is asked by the
internet needs a bound on both, and on the number of connections. What breaks one is no request that a route could
answer, so the answer is a line of text, as uvicorn's own to bytes that are no HTTP.
"""

import asyncio
from functools import partial
from http import HTTPStatus
from typing import Any
from weakref import ref

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from service.application import Application
from service.exchange import ASK, BODY, GONE
from service.settings import Settings

MAX_HEAD_BYTES = 64 * 1024
"""Of the request line and all headers; of what frames the chunks of a body, this and `_FRAME` bytes for each of its."""
_FRAME = 8


class _Over(RequestResponseCycle):
    """Stands for a request that was answered by its head: what still comes of its body is thrown away."""

    def __init__(self) -> None:
        self.response_complete = True
        self.disconnected = False
        self.more_body = True
        self.message_event = asyncio.Event()


_OVER = _Over()


class Connection(HttpToolsProtocol):
    """Of one client.

    Args:
        settings: of the service: its limits.
        others: what uvicorn gives a protocol.
    """

    def __init__(self, *, settings: Settings, **others: Any) -> None:
        super().__init__(**others)
        self._front: Application = self.config.app  # type: ignore[assignment]  # `server_config` gives it one
        self._head_timeout_s = settings.head_timeout_s
        self._max_connections = settings.max_connections
        self._linger_s = settings.body_timeout_s
        self._timer: asyncio.TimerHandle | None = None
        self._in_head = False
        self._is_open = False
        self._framing_left = MAX_HEAD_BYTES

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the client in, or send it away where there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self._max_connections:
            self._end(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections.")
        else:
            self._allow(self._head_timeout_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, as long as the client keeps to the bounds."""
        self._framing_left -= len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._framing_left < 0:
            self._end(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "Too many bytes of headers.")
        elif self._timer is None and self._is_open:
            if self._in_head:
                self._allow(self._head_timeout_s)
            elif self.cycle.response_complete:
                # Refused before its end: the rest is thrown away for a while. A client reads no answer before it has
                # sent its body, and would never know why the connection was cut.
                self._allow(self._linger_s)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["extensions"] = {GONE: {ASK: self.transport.is_closing}}
        self._in_head = self._is_open = True

    def on_headers_complete(self) -> None:
        """Its headers are all there: it is let in, or turned away where there is no room for it."""
        self._in_head = False
        self._framing_left = MAX_HEAD_BYTES
        self._disarm()
        if not self._is_turned_away():
            super().on_headers_complete()
            self.scope["extensions"][BODY] = {ASK: partial(_body_here, ref(self.cycle))}

    def on_body(self, body: bytes) -> None:
        """A part of its body came."""
        self._framing_left += (1 + _FRAME) * len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """It is all there."""
        self._is_open = False
        self._framing_left = MAX_HEAD_BYTES
        self._disarm()
        super().on_message_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._allow(self.timeout_keep_alive)

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are no HTTP; the request before them is answered first, and then it is over.

        Uvicorn's own way closes the connection under that request, whose answer then fails.
        """
        if self.cycle is None or self.cycle.response_complete or self.cycle.more_body:
            self._end(HTTPStatus.BAD_REQUEST, msg)
        else:
            self.cycle.keep_alive = False
            self.pipeline.clear()
            self.flow.pause_reading()

    def _is_turned_away(self) -> bool:
        """Answer at once what finds no room; whatever is unusual is let in and refused there by the same rules."""
        is_usual = self.cycle is None or self.cycle.response_complete
        if not is_usual or self.parser.get_method() != b"POST" or not self.parser.should_keep_alive():
            return False
        path = self.url.decode("latin-1")
        route = self._front.hot_route(path)
        answer = None if route is None else route.turned_away(path, self.headers)
        if answer is None:
            return False
        defaults = [b"%b: %b\r\n" % header for header in self.server_state.default_headers]
        self.transport.write(b"".join([STATUS_LINE[HTTPStatus.SERVICE_UNAVAILABLE], *defaults, answer]))
        self.cycle = _OVER
        self.server_state.total_requests += 1
        return True

    def _allow(self, seconds: float) -> None:
        self._disarm()
        self._timer = self.loop.call_later(seconds, self._too_slow)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        if self._in_head:
            self._end(HTTPStatus.REQUEST_TIMEOUT, "The headers took too long.")
        else:
            self.transport.close()

    def _end(self, status: HTTPStatus, text: str) -> None:
        """Say why and hang up; where an answer is under way, hang up and let nobody write it any more."""
        if self.cycle is None or self.cycle.response_complete:
            lines = ("content-type: text/plain", f"content-length: {len(text)}", "connection: close", "", text)
            self.transport.write(STATUS_LINE[status] + "\r\n".join(lines).encode())
        else:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()


def _body_here(held: ref[RequestResponseCycle]) -> bytes | None:
    """The body of a request that came whole, handed over; None where more is to come, or its client has left."""
    cycle = held()
    if cycle is None or cycle.more_body or cycle.disconnected:
        return None
    body, cycle.body = bytes(cycle.body), bytearray()
    return body


def connections(settings: Settings) -> partial[Connection]:
    """What makes a connection, for uvicorn."""
    return partial(Connection, settings=settings)
