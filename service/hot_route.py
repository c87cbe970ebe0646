"""Routes that are asked thousands of times a second: one ASGI callable, with no framework between it and the server.

What the middleware does for all other routes is done here by the same functions: request id, limits on the body,
problems, crashes, counting.
"""

from collections.abc import Awaitable, Callable, Iterable
from time import perf_counter

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from service.body_limit import num_bytes_announced
from service.engine import Engine
from service.exchange import Exchange
from service.observer import ABORTED, record
from service.problem import problem_reply
from service.refusal import Overloaded
from service.reply import Reply
from service.request_id import HEADER as REQUEST_ID
from service.request_id import request_id

Handler = Callable[[FastAPI, Exchange], Awaitable[Reply]]
_ID_HEADER = REQUEST_ID.lower().encode("latin-1")


class HotRoute:
    """Answers POST on one path.

    Args:
        app: whose state the handler needs.
        label: of the route in metrics.
        handle: makes the reply; whatever it raises is answered with a problem.
    """

    def __init__(self, app: FastAPI, label: str, handle: Handler) -> None:
        self._app = app
        self._label = label
        tracing = app.state.metrics.tracing
        self._handle = handle if tracing is None else tracing.traced(label, handle)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        started = perf_counter()
        state = self._app.state
        exchange = Exchange(scope, receive, state.settings)
        status: int | str = ABORTED
        try:
            try:
                reply = await self._handle(self._app, exchange)
            except Exception as error:
                reply = problem_reply(error, exchange.path, exchange.request_id, state.metrics)
            headers = [*reply.raw_headers(), (_ID_HEADER, exchange.request_id.encode("latin-1"))]
            await send({"type": "http.response.start", "status": reply.status, "headers": headers})
            status = reply.status
            await send({"type": "http.response.body", "body": reply.content})
        finally:
            record(state.metrics, self._label, status, started, exchange.request_id, exchange.version)

    def turned_away(self, path: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
        """The answer to a request for which there is no room, by its head alone; None where it is let in.

        For the server, which so need not start a task for it: what is refused must cost next to nothing, or nothing is
        left for what is not (docs/decisions/0011-predictions-on-the-event-loop.md).
        """
        state = self._app.state
        if state.serving is None:
            return None
        engine: Engine = state.serving.engine
        started = perf_counter()
        held = dict(headers)
        try:
            engine.check_room(num_bytes_announced(held.get(b"content-length", b"").decode("latin-1")))
        except Overloaded as refusal:
            chosen = request_id(held.get(_ID_HEADER, b"").decode("latin-1"))
            reply = problem_reply(refusal, path, chosen, state.metrics)
            record(state.metrics, self._label, reply.status, started, chosen)
            lines = [b"%b: %b\r\n" % header for header in (*reply.raw_headers(), (_ID_HEADER, chosen.encode()))]
            return b"%b\r\n%b" % (b"".join(lines), reply.content)
        return None
