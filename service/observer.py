"""Counts and times every request by route and status, and logs it at debug level."""

import logging
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.metrics import Metrics

UNMATCHED = "unmatched"
_logger = logging.getLogger(__name__)


class Observer:
    """Knows the paths that exist; all others share one label, so that a scan of paths cannot flood the metrics.

    Args:
        app: what to observe.
        metrics: where to count.
        paths: of the routes, which have no parameters.
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
        status = "aborted"

        async def send_observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self.app(scope, receive, send_observed)
        finally:
            self._record(scope, status, perf_counter() - started)

    def _record(self, scope: Scope, status: str, seconds: float) -> None:
        route = scope["path"] if scope["path"] in self.paths else UNMATCHED
        self.metrics.requests.labels(route, status).inc()
        self.metrics.request_seconds.labels(route).observe(seconds)
        _logger.debug(
            "request route=%s status=%s ms=%.2f request_id=%s",
            *(route, status, seconds * 1e3, scope["state"]["request_id"]),
        )
