"""Logging to standard error, one line an event: key=value text or a JSON object.

What is logged is written once, as a template such as `"request route=%s status=%d"`. Text fills it in; JSON takes its
names and values apart, so a line has the same fields whichever format an operator reads. No template has a value of a
feature; only the trace of a crash may quote one.
"""

import logging
import re
import time
from datetime import UTC, datetime
from typing import Literal

import orjson

LogFormat = Literal["text", "json"]
_TEXT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s"
_CONVERSION = re.compile(r"(?:(?P<name>\w+)=)?%(?P<spec>[-#0 +]*\d*(?:\.\d+)?[a-zA-Z%])")
OURS = ("models", "service")
_TALKATIVE = ("asyncio", "uvicorn.error")
"""The latter for its account of starting and stopping; ours is shorter."""
_OWN = frozenset({"time", "level", "logger", "event", "message", "trace"})


def configure_logs(level: str, log_format: LogFormat = "text") -> None:
    """Send what this project says from the level on to standard error, with times in UTC.

    Of libraries nothing below `info` is written: what a client of an object store says to who debugs it has requests in
    it, signed by our key.
    """
    wanted = logging.getLevelNamesMapping()[level.upper()]
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if log_format == "json" else _text_formatter())
    logging.basicConfig(level=max(wanted, logging.INFO), handlers=[handler], force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(wanted)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(wanted, logging.WARNING))


def _text_formatter() -> logging.Formatter:
    formatter = logging.Formatter(_TEXT, datefmt="%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    return formatter


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON.

    It has `time`, `level`, `logger`, `message` (the text, whole), `event` (the words of the template before its
    first value, or the name of that value), every named value of the template as a field, and `trace`
    where there is one.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line, without its end."""
        event, fields = _taken_apart(record)
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": event,
            "message": record.getMessage(),
            **fields,
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def _taken_apart(record: logging.LogRecord) -> tuple[str, dict[str, object]]:
    """The event and the named values of a record; a record of another library may have none."""
    template = record.msg if isinstance(record.msg, str) else str(record.msg)
    if not record.args or not isinstance(record.args, tuple):
        return template, {}
    fields: dict[str, object] = {}
    first: re.Match[str] | None = None
    values = iter(record.args)
    for found in _CONVERSION.finditer(template):
        if found["spec"] == "%":
            continue
        first = first or found
        value = next(values, None)
        if found["name"] is not None and found["name"] not in _OWN:
            fields[found["name"]] = _as_json(value, found["spec"])
    words = template[: first.start()].strip(" :,") if first else template
    return words or next(iter(fields), template), fields


def _as_json(value: object, spec: str) -> object:
    """The value with the precision of the text; what JSON has no word for becomes text."""
    if isinstance(value, float):
        return float(f"%{spec}" % value) if spec[-1] in "fge" else value
    return value if value is None or isinstance(value, str | int | bool) else str(value)
