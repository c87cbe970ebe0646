"""Counts and times every request by route and status, and logs it at debug level."""

import logging
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.metrics import Metrics

ABORTED = "aborted"
"""The status of a request to which no answer was begun."""
UNMATCHED = "unmatched"
NO_VERSION = "-"
"""Of a request that no model answered."""
_logger = logging.getLogger(__name__)


def record(
    metrics: Metrics, route: str, status: int | str, started: float, request_id: str, version: str = NO_VERSION
) -> None:
    """Count, time and log one request that began at this `perf_counter`."""
    seconds = perf_counter() - started
    metrics.request_done(route, str(status), seconds)
    _logger.debug(
        "request route=%s status=%s ms=%.2f request_id=%s version=%s", route, status, seconds * 1e3, request_id, version
    )


class Observer:
    """Knows the paths that exist; all others share one label, so that a scan of paths cannot flood the metrics.

    Args:
        app: what to observe.
        metrics: where to count.
        paths: of the routes without parameters; FastAPI says which other one it found.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: frozenset[str]) -> None:
        self.app = app
        self.metrics = metrics
        self.paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        status: int | str = ABORTED

        async def send_observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_observed)
        finally:
            template = getattr(scope.get("route"), "path", UNMATCHED)
            route = scope["path"] if scope["path"] in self.paths else template
            record(self.metrics, route, status, started, scope["state"]["request_id"])
