"""Prometheus reads what is remembered; it goes on over restarts."""

from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from models.errors import ConfigError
from tests.training.scheduling.fakes import Clock, FakeChild
from tests.training.scheduling.test_runs import FIRST, runs
from training.scheduling.exposition import Exposition
from training.scheduling.port import served


def samples(text: bytes) -> dict[str, float]:
    return {
        sample.name + "".join(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_what_never_happened_has_no_number(tmp_path: Path) -> None:
    found = samples(Exposition(runs(tmp_path, Clock())).text())
    assert "threefold_retrain_last_exit_code" not in found
    assert "threefold_retrain_last_success_timestamp_seconds" not in found
    assert found["threefold_retrain_next_planned_timestamp_seconds"] == FIRST.timestamp()
    assert found["threefold_retrain_skipped_total"] == found["threefold_retrain_runs_totalheld"] == 0


def test_the_numbers_are_of_what_happened_and_outlive_a_restart(tmp_path: Path) -> None:
    clock = Clock(FIRST)
    child = FakeChild([0, 1], lambda: clock.goes_on(seconds=90))
    played = runs(tmp_path, clock, child)
    played.run()
    promoted_at = clock.now
    clock.goes_on(days=1)
    played.run()
    found = samples(Exposition(runs(tmp_path, clock)).text())
    assert found["threefold_retrain_last_exit_code"] == 1
    assert found["threefold_retrain_duration_seconds"] == 90
    assert found["threefold_retrain_last_success_timestamp_seconds"] == promoted_at.timestamp()
    assert found["threefold_retrain_last_promoted_timestamp_seconds"] == promoted_at.timestamp()
    assert found["threefold_retrain_runs_totalpromoted"] == found["threefold_retrain_runs_totalfailed"] == 1
    assert found["threefold_retrain_running"] == 0
    assert promoted_at == FIRST + timedelta(seconds=90)


def test_the_port_answers_metrics_and_health_and_nothing_else(tmp_path: Path) -> None:
    alive = [True, False]
    exposition = Exposition(runs(tmp_path, Clock()))
    with served(exposition, lambda: alive.pop(0), "127.0.0.1", 0) as port:
        answers = [_get(port, path) for path in ("/healthz", "/healthz", "/metrics", "/else")]
    assert [status for status, _ in answers] == [200, 503, 200, 404]
    assert answers[2][1] == exposition.text()


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    exposition = Exposition(runs(tmp_path, Clock()))
    with (
        served(exposition, lambda: True, "127.0.0.1", 0) as port,
        pytest.raises(ConfigError, match=rf"127.0.0.1:{port}.*--metrics-port"),
        served(exposition, lambda: True, "127.0.0.1", port),
    ):
        raise AssertionError("two answer on one port")


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body
