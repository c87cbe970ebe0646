"""Every request has an id: the client's if it is a decent one, else ours; it is in the answer and in the log."""

import re
from os import urandom

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-ID"
_DECENT = re.compile(r"[A-Za-z0-9._:-]{1,128}")
"""Nothing that could break a log line or a header."""


def request_id(given: str) -> str:
    """The id of a request whose header says this, or nothing."""
    return given if _DECENT.fullmatch(given) else urandom(16).hex()


class RequestId:
    """Puts the id into `request.state.request_id` and into the answer's header."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        chosen = request_id(Headers(scope=scope).get(HEADER, ""))
        scope.setdefault("state", {})["request_id"] = chosen

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = chosen
            await send(message)

        await self.app(scope, receive, send_with_id)
