"""Bounds what a client may send: bytes, counted as they arrive, and the time for all of them."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.refusal import BODY_TIMEOUT, BODY_TOO_LARGE, Refusal


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
        body = _Body(self, receive, announced=Headers(scope=scope).get("Content-Length", ""))
        await self.app(scope, body.receive, send)


class _Body:
    def __init__(self, limit: BodyLimit, receive: Receive, announced: str) -> None:
        self._limit = limit
        self._receive = receive
        self._announced = int(announced) if announced.isdecimal() and len(announced) < 20 else 0
        self._num_bytes = 0
        self._deadline: float | None = None
        self._complete = False

    async def receive(self) -> Message:
        """The next message of the connection.

        Raises:
            Refusal: the body is too large or too slow.
        """
        if self._complete:
            return await self._receive()
        self._refuse_beyond(self._announced)
        message = await self._receive_in_time()
        self._num_bytes += len(message.get("body", b""))
        self._refuse_beyond(self._num_bytes)
        self._complete = not message.get("more_body", False)
        return message

    async def _receive_in_time(self) -> Message:
        now = asyncio.get_running_loop().time()
        self._deadline = self._deadline or now + self._limit.timeout_s
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._receive()
        except TimeoutError:
            raise Refusal(
                BODY_TIMEOUT,
                f"a body arrives within {self._limit.timeout_s:g} s; found {self._num_bytes} bytes by then: send "
                f"fewer rows at once",
                headers={"Connection": "close"},  # or a trickle would hold it for ever
            ) from None

    def _refuse_beyond(self, num_bytes: int) -> None:
        if num_bytes > self._limit.max_bytes:
            # The connection stays open: the server throws the rest away as it arrives. Closing it on a client that
            # still sends would reset it, and the client would never read why.
            raise Refusal(
                BODY_TOO_LARGE,
                f"a body has at most {self._limit.max_bytes} bytes; found {num_bytes} or more: send the rows in parts",
            )
