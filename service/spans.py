"""Spans of requests and of their stages: OpenTelemetry's SDK, and the extra `tracing` of the package.

A request has one span of kind server, which goes on a trace that its `traceparent` header names
(https://www.w3.org/TR/trace-context/), and below it one for each stage. Names of attributes are those of the semantic
conventions where these have one (https://opentelemetry.io/docs/specs/semconv/http/http-spans/).
"""

import logging
from http import HTTPStatus
from pathlib import Path
from threading import Thread
from time import time_ns
from typing import Any

from fastapi import FastAPI
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from service.engine import Outcome
from service.exchange import Exchange
from service.hot_route import Handler
from service.metrics import Metrics, Timing
from service.problem import refusal_of
from service.reply import Reply

LAST_SPANS_S = 4.0
"""For the spans of the end: less than a supervisor gives its workers beyond their requests."""
_CONTEXT = TraceContextTextMapPropagator()
_HEADERS = ("traceparent", "tracestate")
_INSIDE = ("wait", "encode", "network")
"""Stages whose seconds the engine measures, in the order in which they follow each other."""
_logger = logging.getLogger(__name__)


def exporting() -> SpanProcessor:
    """What sends spans to the collector that the environment names, in batches and by a thread of its own."""
    return BatchSpanProcessor(OTLPSpanExporter())


class Tracing:
    """Makes spans.

    Args:
        processor: takes those that have ended.
    """

    def __init__(self, processor: SpanProcessor) -> None:
        resource = Resource.create()
        if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):  # the environment names none
            resource = resource.merge(Resource({SERVICE_NAME: "threefold"}))
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("threefold.service")

    def traced(self, label: str, handle: Handler) -> Handler:
        """The handler of a hot route, with a span around it.

        Args:
            label: of the route.
            handle: what answers; its errors become problems behind the span.
        """

        async def handled(app: FastAPI, exchange: Exchange) -> Reply:
            with self._tracer.start_as_current_span(
                f"POST {label}",
                context=_parent(exchange),
                kind=SpanKind.SERVER,
                attributes={
                    "http.request.method": "POST",
                    "http.route": label,
                    "threefold.request_id": exchange.request_id,
                },
                record_exception=False,  # a message may quote what the client sent
                set_status_on_exception=False,
            ) as span:
                try:
                    reply = await handle(app, exchange)
                except Exception as error:
                    _mark_refused(span, error)
                    raise
                finally:
                    span.set_attribute("threefold.version", exchange.version)
                span.set_attribute("http.response.status_code", reply.status)
                return reply

        return handled

    def stage(self, name: str, started_ns: int, ended_ns: int, parent: Span) -> None:
        """A stage of the request whose span is the current one, which is over.

        Args:
            name: of the stage.
            started_ns: since 1970.
            ended_ns: since 1970.
            parent: the request's span.
        """
        if parent.is_recording():
            self._tracer.start_span(name, start_time=started_ns).end(ended_ns)

    def close(self) -> None:
        """Send what is left, for as long as a collector may take; a thread that still tries ends with the process."""
        sending = Thread(target=self._provider.shutdown, daemon=True)  # it would wait for half a minute itself
        sending.start()
        sending.join(LAST_SPANS_S)
        if sending.is_alive():
            _logger.warning("the last spans are given up: the collector took none within seconds=%.1f", LAST_SPANS_S)


class TracedMetrics(Metrics):
    """Metrics whose stages are spans too.

    Args:
        processor: takes spans that have ended.
        shared: see `Metrics`.
    """

    def __init__(self, processor: SpanProcessor, shared: Path | None = None) -> None:
        super().__init__(shared)
        self._spans = self.tracing = Tracing(processor)

    def stage(self, name: str) -> Timing:
        """Time a block as a stage, and make a span of it."""
        return _TracedTiming(self._tally, self.stages[name], self._spans, name)

    def observe(self, outcome: Outcome) -> None:
        """Count what a prediction saw, and make spans of its stages.

        Their lengths are those measured. A prediction in slices goes through a stage several times: they are laid
        end to end, up to now.
        """
        super().observe(outcome)
        span = get_current_span()
        span.set_attribute("threefold.rows", len(outcome.values))
        ended = time_ns()
        for name in reversed(_INSIDE):
            started = ended - round(outcome.seconds.get(name, 0.0) * 1e9)
            self._spans.stage(name, started, ended, span)
            ended = started

    def close(self) -> None:
        """Nothing comes any more: what is left is sent."""
        super().close()
        self._spans.close()


class _TracedTiming(Timing):
    __slots__ = ("_name", "_started_ns", "_tracing")

    def __init__(self, tally: Any, seconds: Any, tracing: Tracing, name: str) -> None:
        super().__init__(tally, seconds)
        self._tracing = tracing
        self._name = name

    def __enter__(self) -> None:
        self._started_ns = time_ns()
        super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._tracing.stage(self._name, self._started_ns, time_ns(), get_current_span())


def _parent(exchange: Exchange) -> Context:
    """Of the trace that the client says it is in; a new one where it says nothing, or nonsense."""
    sent = {name: value for name in _HEADERS if (value := exchange.header(name)) is not None}
    return _CONTEXT.extract(sent)


def _mark_refused(span: Span, error: Exception) -> None:
    kind = refusal_of(error).kind
    span.set_attribute("http.response.status_code", kind.status)
    span.set_attribute("error.type", kind.slug)
    if kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        span.set_status(Status(StatusCode.ERROR))
