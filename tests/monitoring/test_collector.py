"""Spans of every worker reach a collector, and one that does not answer holds nobody up."""

import json
import socket
import threading
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from service import spans
from service.app import create_app
from service.metrics import STAGES
from service.settings import Settings
from service.tracing import ENDPOINT
from tests.monitoring.collector import collecting
from tests.service.client import Client
from tests.service.processes import HEADERS, served, wait_for

BODY = {"context": {"user_id": "ada"}, "candidates": [{}] * 3}
SERVER = 2
NUM_CLIENTS, NUM_REQUESTS = 8, 40


def few_and_soon(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Spans are sent soon, few are kept, and little time is left to those of the end."""
    monkeypatch.setenv(ENDPOINT, url)
    for name, value in {"SCHEDULE_DELAY": 10, "MAX_QUEUE_SIZE": 8, "MAX_EXPORT_BATCH_SIZE": 8}.items():
        monkeypatch.setenv(f"OTEL_BSP_{name}", str(value))
    monkeypatch.setattr(spans, "LAST_SPANS_S", 0.05)


def ask(client: Client, number: int) -> None:
    answer = client.predict(BODY, headers={"X-Request-ID": f"asked-{number}"})
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (200, f"asked-{number}")


def test_spans_of_every_worker_arrive(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "process")  # tells the workers apart
    versions = {}
    with collecting() as collector:
        monkeypatch.setenv(ENDPOINT, collector.url)
        with served(tmp_path, "--checkpoint", str(checkpoint), "--workers", "2") as service, ExitStack() as stack:
            clients = [stack.enter_context(httpx.Client(base_url=service.url)) for _ in range(NUM_CLIENTS)]
            for number in range(NUM_REQUESTS):
                headers = HEADERS | {"X-Request-ID": f"asked-{number}"}
                answer = clients[number % NUM_CLIENTS].post("/predict", content=json.dumps(BODY), headers=headers)
                assert answer.status_code == 200
                versions[f"asked-{number}"] = answer.json()["version"]
            workers = set(service.workers())
            service.stop()
        sent = collector.spans()
    requests = [span for span in sent if span.kind == SERVER]
    found = {span.attributes["threefold.request_id"]: span.attributes["threefold.version"] for span in requests}
    assert found == versions
    assert {span.resource["process.pid"] for span in requests} == workers
    assert {span.resource["service.name"] for span in requests} == {"threefold"}
    assert len({span.trace for span in requests}) == NUM_REQUESTS
    for request in requests:
        below = [each for each in sent if each.trace == request.trace and each is not request]
        assert sorted(each.name for each in below) == sorted(STAGES)
        assert {each.resource["process.pid"] for each in below} == {request.resource["process.pid"]}


def test_a_collector_that_does_not_answer_holds_nobody_up(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with collecting() as collector:
        few_and_soon(monkeypatch, collector.url)
        collector.answers.clear()
        with Client(create_app(Settings(checkpoint=checkpoint))) as client:
            ask(client, 0)
            assert collector.asked.wait(30)
            for number in range(1, NUM_REQUESTS):
                ask(client, number)
        assert len(collector.bodies) == 1  # all is answered and closed, and it holds its first request still
        assert "the last spans are given up" in caplog.text
        collector.answers.set()
        wait_for(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("OtelBatch")])
    assert len(collector.spans()) < NUM_REQUESTS * (1 + len(STAGES))


def test_a_collector_that_is_away_fails_nobody_and_is_told_of(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        few_and_soon(monkeypatch, f"http://127.0.0.1:{nobody.getsockname()[1]}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")  # less than it would wait before another attempt
        with Client(create_app(Settings(checkpoint=checkpoint))) as client:
            for number in range(NUM_REQUESTS):
                ask(client, number)
    assert "Failed to export spans" in caplog.text
