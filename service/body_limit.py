"""Bounds what a client may send: bytes, counted as they arrive, and the time for all of them."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.refusal import BODY_TIMEOUT, BODY_TOO_LARGE, CLIENT_GONE, Refusal


class BodyLimit:
    """Refuses inside `receive`, where the app's handler of refusals answers it like any other.

    Args:
        app: what to guard.
        max_bytes: of one body, whatever its Content-Length says.
        timeout_s: for one whole body, from its first read on.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, timeout_s: float) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = num_bytes_announced(Headers(scope=scope).get("Content-Length", ""))
        body = BoundedBody(receive, announced, self.max_bytes, self.timeout_s)
        await self.app(scope, body.receive, send)


def num_bytes_announced(content_length: str) -> int:
    """What a Content-Length says; 0 where it says nothing sensible."""
    return int(content_length) if content_length.isdecimal() and len(content_length) < 20 else 0


class BoundedBody:
    """One body, on its way in.

    Args:
        receive: of the connection.
        announced: its bytes, as its client says.
        max_bytes: of it, whatever its client says.
        timeout_s: for all of it, from its first read on.
    """

    def __init__(self, receive: Receive, announced: int, max_bytes: int, timeout_s: float) -> None:
        self._receive = receive
        self._announced = announced
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._num_bytes = 0
        self._deadline: float | None = None
        self._complete = False

    async def whole(self) -> bytes:
        """All of it.

        Raises:
            Refusal: the body is too large or too slow, or the client left before its end.
        """
        chunks = []
        while not self._complete:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Refusal(CLIENT_GONE, "a body is sent to its end; found the connection closed before")
            chunks.append(message.get("body", b""))
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def receive(self) -> Message:
        """The next message of the connection.

        Raises:
            Refusal: the body is too large or too slow.
        """
        if self._complete:
            return await self._receive()
        refuse_beyond(self._max_bytes, self._announced)
        message = await self._receive_in_time()
        self._num_bytes += len(message.get("body", b""))
        refuse_beyond(self._max_bytes, self._num_bytes)
        self._complete = not message.get("more_body", False)
        return message

    async def _receive_in_time(self) -> Message:
        now = asyncio.get_running_loop().time()
        self._deadline = self._deadline or now + self._timeout_s
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._receive()
        except TimeoutError:
            raise Refusal(
                BODY_TIMEOUT,
                f"a body arrives within {self._timeout_s:g} s; found {self._num_bytes} bytes by then: send "
                f"fewer rows at once",
                headers={"Connection": "close"},  # or a trickle would hold it for ever
            ) from None


def refuse_beyond(max_bytes: int, num_bytes: int) -> None:
    """Refuse a body of so many bytes, or more, where that is too much.

    Raises:
        Refusal: it is.
    """
    if num_bytes > max_bytes:
        # The connection stays open: the server throws the rest away as it arrives. Closing it on a client that still
        # sends would reset it, and the client would never read why.
        raise Refusal(
            BODY_TOO_LARGE,
            f"a body has at most {max_bytes} bytes; found {num_bytes} or more: send the rows in parts",
        )
