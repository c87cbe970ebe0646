"""A collector of spans that speaks OpenTelemetry by HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

Value = str | int


@dataclass(frozen=True)
class Sent:
    """A span as it came.

    Attributes:
        name: of the request or its stage.
        kind: by the protocol's number; 2 is a server's.
        trace: its id.
        attributes: its own.
        resource: attributes of the process that sent it.
    """

    name: str
    kind: int
    trace: bytes
    attributes: dict[str, Value]
    resource: dict[str, Value]


class Collector:
    """What came, and whether answers are given."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bodies: list[bytes] = []
        self.asked = Event()
        self.answers = Event()
        self.answers.set()

    def spans(self) -> list[Sent]:
        """All that were sent."""
        return [
            Sent(
                span.name,
                span.kind,
                span.trace_id,
                _values(span.attributes),
                _values(of_process.resource.attributes),
            )
            for body in self.bodies
            for of_process in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in of_process.scope_spans
            for span in scope.spans
        ]


@contextmanager
def collecting() -> Iterator[Collector]:
    """One that listens until the block is left; who waits for an answer then gets it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                collector.bodies.append(body)
            collector.asked.set()
            collector.answers.wait()
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield collector
        finally:
            collector.answers.set()
            server.shutdown()
            thread.join()


def _values(attributes: list[KeyValue]) -> dict[str, Value]:
    return {each.key: each.value.string_value or each.value.int_value for each in attributes}
