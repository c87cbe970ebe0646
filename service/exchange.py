"""One request on a hot route, as thin as ASGI allows."""

from collections.abc import Callable
from functools import cache
from time import monotonic

from starlette.types import Receive, Scope

from service.batching.job import never, too_late
from service.body_limit import BoundedBody, num_bytes_announced, refuse_beyond
from service.observer import NO_VERSION
from service.refusal import BODY_TIMEOUT, WRONG_HEADER, Refusal
from service.request_id import HEADER as REQUEST_ID
from service.request_id import request_id
from service.settings import Settings

TIMEOUT = "X-Request-Timeout-Ms"
GONE = "threefold.gone"
"""Name of the ASGI extension by which our server says whether the client has left: `ASK` in it is a function."""
BODY = "threefold.body"
"""The same, for the body where it is all there already, and else None: mostly it came with the headers, and then
nothing need wait for it, or watch the time that it takes."""
ASK = "ask"
_LONGEST_TIMEOUT = 9
"""Digits: more than eleven days."""


@cache
def _raw(name: str) -> bytes:
    """The name as the server hands it on; asked for a handful of names."""
    return name.lower().encode("latin-1")


class Exchange:
    """What a handler reads of its request.

    Attributes:
        path: asked for.
        request_id: the client's, or ours.
        max_body_bytes: of the body, compressed or not.
        announced: bytes of the body, as the client says; 0 where it says nothing.
        gone: whether the client has left, as far as the server says.
        version: of the model that answers, which the handler names as soon as it knows; for the log and for traces.
    """

    __slots__ = (
        "_body_here",
        "_deadline",
        "_headers",
        "_receive",
        "_started",
        "_timeout_s",
        "announced",
        "gone",
        "max_body_bytes",
        "path",
        "request_id",
        "version",
    )

    def __init__(self, scope: Scope, receive: Receive, settings: Settings) -> None:
        self._started = monotonic()
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._receive = receive
        self._timeout_s = settings.body_timeout_s
        self._deadline: float | None = None
        self.max_body_bytes = settings.max_body_bytes
        self.path: str = scope["path"]
        self.version = NO_VERSION
        self.request_id = request_id(self.header(REQUEST_ID) or "")
        self.announced = num_bytes_announced(self.header("Content-Length") or "")
        extensions = scope.get("extensions", {})
        self.gone: Callable[[], bool] = extensions.get(GONE, {}).get(ASK, never)
        self._body_here: Callable[[], bytes | None] = extensions.get(BODY, {}).get(ASK, _nothing)

    def header(self, name: str) -> str | None:
        """The value of a header; None where it was not sent."""
        value = self._headers.get(_raw(name))
        return None if value is None else value.decode("latin-1")

    def deadline(self) -> float | None:
        """When an answer is of no use any more, by `time.monotonic`; None where the client says nothing.

        Raises:
            Refusal: what it says is no time.
        """
        if self._deadline is None and (given := self.header(TIMEOUT)) is not None:
            text = given.strip()
            if not (text.isascii() and text.isdecimal()) or len(text) > _LONGEST_TIMEOUT or int(text) == 0:
                raise Refusal(
                    WRONG_HEADER,
                    f"{TIMEOUT} is a whole number of milliseconds, at least 1; found other text: mend it, or leave it "
                    f"out to wait for as long as it takes",
                )
            self._deadline = self._started + int(text) / 1e3
        return self._deadline

    async def body(self) -> bytes:
        """The body, within the limits on bytes and time.

        Raises:
            Refusal: it is too large or too slow, its client left, or the deadline passed meanwhile.
        """
        deadline, timeout_s = self.deadline(), self._timeout_s
        if (here := self._body_here()) is not None:
            refuse_beyond(self.max_body_bytes, len(here))
            return here
        left_s = timeout_s if deadline is None else min(timeout_s, deadline - monotonic())
        body = BoundedBody(self._receive, self.announced, self.max_body_bytes, left_s)
        try:
            return await body.whole()
        except Refusal as refusal:
            if refusal.kind is BODY_TIMEOUT and left_s < timeout_s:
                raise too_late("it passed while the body was on its way") from None
            raise


def _nothing() -> None:
    """Of a server that does not say what it has."""
