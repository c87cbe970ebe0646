"""A line says the same in text and in JSON, and never more than one line."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service import observer
from service.logs import OURS, LogFormat, configure_logs
from service.metrics import Metrics
from tests.service.client import Client

PAGE = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text(encoding="utf-8")
MOMENT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
CONFIGURED = (None, *OURS, "asyncio", "uvicorn.error")
Written = Callable[..., io.StringIO]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """Configure logging as the service does, and see what it writes; as it was at the end."""
    root, held = logging.getLogger(), io.StringIO()
    handlers, levels = root.handlers[:], {logger: logger.level for logger in map(logging.getLogger, CONFIGURED)}

    def configure(log_format: LogFormat, level: str = "debug") -> io.StringIO:
        monkeypatch.setattr("sys.stderr", held)
        monkeypatch.setattr(root, "handlers", [])  # pytest's own stay open
        configure_logs(level, log_format)
        return held

    yield configure
    root.handlers = handlers
    for logger, level in levels.items():
        logger.setLevel(level)


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


def test_the_page_shows_the_lines_that_are_written(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    (text,) = re.findall(r"^\S+ DEBUG service\.observer .*$", PAGE, re.M)
    (line,) = re.findall(r"^{.*}$", PAGE, re.M)
    shown = json.loads(line)
    monkeypatch.setattr(observer, "perf_counter", lambda: shown["ms"] / 1e3)
    for log_format, expected in (("text", text), ("json", line)):
        held = written(log_format)
        held.truncate(held.seek(0))
        observer.record(Metrics(), shown["route"], shown["status"], 0.0, shown["request_id"], shown["version"])
        assert MOMENT.sub("", held.getvalue()) == MOMENT.sub("", expected) + "\n"


def test_a_status_is_a_number_whichever_route_answers(written: Written, client: Client) -> None:
    held = written("json")
    for path in ("/livez", "/nowhere", "/v2"):
        client.get(path)
    client.predict({"instances": [{}]})
    requests = [line for line in lines(held) if line["event"] == "request"]
    assert [line["status"] for line in requests] == [200, 404, 200, 200]


def test_at_debug_libraries_do_not_say_what_has_keys_in_it(written: Written) -> None:
    held = written("text")
    logging.getLogger("botocore.auth").debug("Authorization: hush-hush")
    logging.getLogger("service.some").debug("ours")
    assert "hush-hush" not in held.getvalue()
    assert "ours" in held.getvalue()


def test_an_operator_who_asks_for_errors_gets_no_warnings(written: Written) -> None:
    held = written("text", "error")
    for name in ("service.some", "models.some", "uvicorn.error", "asyncio", "botocore.auth"):
        logging.getLogger(name).warning("not this")
        logging.getLogger(name).error("but this")
    assert "not this" not in held.getvalue()
    assert held.getvalue().count("but this") == 5


@pytest.mark.parametrize("given", ["a\nb", "a b", "a\tstatus=200", "x" * 129, "\u00e9", "%s", "{}", '"', ""])
def test_an_id_that_could_forge_a_line_is_replaced(given: str, written: Written, client: Client) -> None:
    held = written("text")
    answer = client.predict({"instances": [{}]}, headers={"X-Request-ID": given.encode()})
    chosen = answer.headers["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", chosen)
    assert f"request_id={chosen} " in held.getvalue()
    assert [line for line in held.getvalue().splitlines() if "request_id=" in line] == [
        line for line in held.getvalue().splitlines() if f"request_id={chosen} " in line
    ]
