"""Spans of requests and their stages; without a collector named there is nothing of them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from service.app import create_app
from service.metrics import STAGES, Metrics
from service.settings import Settings
from service.spans import TracedMetrics
from service.tracing import ENDPOINT, TRACES_ENDPOINT, new_metrics
from tests.service.client import Client

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
BODY = {"context": {"user_id": "ada"}, "candidates": [{}] * 3}


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traced(checkpoint: Path, spans: InMemorySpanExporter) -> Iterator[Client]:
    metrics = TracedMetrics(SimpleSpanProcessor(spans))
    with Client(create_app(Settings(checkpoint=checkpoint), metrics=metrics)) as client:
        yield client


def request_span(spans: InMemorySpanExporter) -> ReadableSpan:
    (found,) = [span for span in spans.get_finished_spans() if span.kind is SpanKind.SERVER]
    return found


def test_a_request_is_a_span_and_each_stage_one_below_it(traced: Client, spans: InMemorySpanExporter) -> None:
    answer = traced.predict(BODY, headers={"X-Request-ID": "mine-7"})
    assert answer.status_code == 200
    span = request_span(spans)
    assert span.name == "POST /predict"
    assert span.parent is None
    assert span.attributes == {
        "http.request.method": "POST",
        "http.route": "/predict",
        "http.response.status_code": 200,
        "threefold.request_id": "mine-7",
        "threefold.rows": 3,
        "threefold.version": answer.json()["version"],
    }
    assert span.resource.attributes["service.name"] == "threefold"
    below = [each for each in spans.get_finished_spans() if each is not span]
    assert sorted(each.name for each in below) == sorted(STAGES)
    for each in below:
        assert each.parent is not None
        assert each.parent.span_id == span.context.span_id
        assert each.start_time <= each.end_time <= span.end_time
    assert traced.metric("threefold_rows_total") == 3
    assert traced.metric("threefold_stage_seconds_count", stage="network") >= 1


def test_a_trace_of_the_client_goes_on(traced: Client, spans: InMemorySpanExporter) -> None:
    traced.predict(BODY, headers={"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "vendor=1"})
    span = request_span(spans)
    assert f"{span.context.trace_id:032x}" == TRACE
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == PARENT
    assert span.context.trace_state.get("vendor") == "1"


@pytest.mark.parametrize("parent", [f"00-{TRACE}-{PARENT}-00", "nonsense"])
def test_what_is_not_sampled_is_not_recorded_and_nonsense_begins_a_trace(
    parent: str, traced: Client, spans: InMemorySpanExporter
) -> None:
    assert traced.predict(BODY, headers={"traceparent": parent}).status_code == 200
    assert len(spans.get_finished_spans()) == (0 if parent.endswith("-00") else 1 + len(STAGES))


def test_a_refusal_is_no_error_of_ours_and_no_value_is_told(traced: Client, spans: InMemorySpanExporter) -> None:
    assert traced.predict({"instances": [{"hour": "top secret"}]}).status_code == 422
    span = request_span(spans)
    assert span.attributes is not None
    assert span.attributes["http.response.status_code"] == 422
    assert span.attributes["error.type"] == "wrong-value"
    assert span.status.status_code is StatusCode.UNSET
    assert "top secret" not in "".join(each.to_json() for each in spans.get_finished_spans())


def test_a_failure_of_ours_is_an_error(
    traced: Client, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traced.app.state.serving.engine, "predict", None)
    assert traced.predict(BODY).status_code == 500
    span = request_span(spans)
    assert span.status.status_code is StatusCode.ERROR
    assert not span.events


def test_the_inference_protocol_is_traced_by_its_template(traced: Client, spans: InMemorySpanExporter) -> None:
    tensor = {"name": "hour", "shape": [1], "datatype": "FP32", "data": [3.0]}
    answer = traced.post("/v2/models/tiny/infer", content=json.dumps({"inputs": [tensor]}))
    assert answer.status_code == 200
    assert request_span(spans).name == "POST /v2/models/{name}/infer"


def test_health_checks_and_metrics_are_not_traced(traced: Client, spans: InMemorySpanExporter) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        assert traced.get(path).status_code == 200
    assert not spans.get_finished_spans()


def test_nothing_is_traced_unless_the_environment_names_a_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (ENDPOINT, TRACES_ENDPOINT):
        monkeypatch.delenv(name, raising=False)
    assert type(new_metrics()) is Metrics
    assert new_metrics().tracing is None
    code = "import sys, service.app; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "service.metrics" in loaded
    assert not {"service.spans", "opentelemetry.sdk.trace"} & set(loaded)


@pytest.mark.parametrize("variable", [ENDPOINT, TRACES_ENDPOINT])
def test_without_the_library_the_service_serves_and_says_so(
    variable: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    monkeypatch.delitem(sys.modules, "service.spans", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.context", None)
    assert type(new_metrics()) is Metrics
    assert f"{variable} asks for it" in caplog.text
    assert "install threefold[tracing]" in caplog.text
