"""A line says the same in text and in JSON, and never more than one line."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from service.logs import LogFormat, configure_logs
from tests.service.client import Client

Written = Callable[[LogFormat], io.StringIO]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """Configure logging as the service does, and see what it writes; as it was at the end."""
    root, held = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level

    def configure(log_format: LogFormat) -> io.StringIO:
        monkeypatch.setattr("sys.stderr", held)
        monkeypatch.setattr(root, "handlers", [])  # pytest's own stay open
        configure_logs("debug", log_format)
        return held

    yield configure
    root.handlers, root.level = handlers, level


def lines(held: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in held.getvalue().splitlines()]


def test_named_values_are_fields_with_their_types(written: Written) -> None:
    held, logger = written("json"), logging.getLogger("service.some")
    logger.info("request route=%s status=%d ms=%.2f row=%s ok=%s done=%d%%", "/predict", 200, 1.23456, None, True, 5)
    (line,) = lines(held)
    moment = line.pop("time")
    assert moment.endswith("Z")
    assert line == {
        "level": "info",
        "logger": "service.some",
        "event": "request",
        "message": "request route=/predict status=200 ms=1.23 row=None ok=True done=5%",
        "route": "/predict",
        "status": 200,
        "ms": 1.23,
        "row": None,
        "ok": True,
        "done": 5,
    }


@pytest.mark.parametrize(
    ("template", "values", "event", "fields"),
    [
        ("stopped", (), "stopped", {}),
        ("problem=%s row=%d", ("wrong-value", 3), "problem", {"problem": "wrong-value", "row": 3}),
        ("no connection can be taken: %s", ("too many",), "no connection can be taken", {}),
        ("the supervisor is gone: worker=%d stops", (2,), "the supervisor is gone", {"worker": 2}),
        ("died how=%r %s", ("by SIGKILL", "words"), "died", {"how": "by SIGKILL"}),
        ("of another library %(name)s", ({"name": "x"},), "of another library %(name)s", {}),
        ("seen time=%s level=%s", ("now", "high"), "seen", {}),
    ],
)
def test_events(
    template: str, values: tuple[object, ...], event: str, fields: dict[str, object], written: Written
) -> None:
    held = written("json")
    logging.getLogger("x").warning(template, *values)
    (line,) = lines(held)
    own = {name: line.pop(name) for name in ("time", "level", "logger", "event", "message")}
    assert own["event"] == event
    assert own["level"] == "warning"
    assert line == fields


def test_a_trace_stays_on_its_line(written: Written) -> None:
    held = written("json")
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        logging.getLogger("x").exception("worker failed worker=%d", 1)
    (line,) = lines(held)
    assert line["trace"].startswith("Traceback")
    assert "second" in line["trace"]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_request_line_names_request_and_version_and_no_value(
    log_format: LogFormat, written: Written, client: Client
) -> None:
    held = written(log_format)
    headers = {"X-Request-ID": "mine-7", "Authorization": "Bearer hush-hush"}
    answer = client.predict({"context": {"user_id": "ada"}, "candidates": [{}]}, headers=headers)
    client.predict({"context": {"user_id": "ada", "hour": "top secret"}, "candidates": [{}]}, headers=headers)
    text = held.getvalue()
    assert not [word for word in ("ada", "top secret", "hush-hush") if word in text]
    if log_format == "json":
        mine = [line for line in lines(held) if line.get("request_id") == "mine-7"]
        first, problem, second = mine
        assert (first["event"], first["route"], first["status"]) == ("request", "/predict", 200)
        assert first["ms"] > 0
        assert first["version"] == second["version"] == answer.json()["version"]
        assert (problem["event"], problem["problem"], problem["field"]) == ("problem", "wrong-value", "hour")
        assert second["status"] == 422
    else:
        version = answer.json()["version"]
        assert f"request_id=mine-7 version={version}\n" in text
        assert "problem=wrong-value status=422" in text
