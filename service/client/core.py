"""What both clients have in common, which is all but the input and output."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict, TypeVar
from uuid import uuid4

import httpx

from service.client.answer import Answer
from service.client.arrow import MEDIA_TYPE as ARROW
from service.client.arrow import stream_of, table_of
from service.client.body import Columns, Layout, Row, compressed, json_body
from service.client.model import Model
from service.client.plan import Plan
from service.client.reading import document_of
from service.client.retries import Budget, Retries
from service.client.tries import Conduct, Steps

T = TypeVar("T")
JSON = "application/json"
LONGEST_TIMEOUT_S = 86_400
"""A day: whatever takes longer is no call."""
_NOT_READY = 503


class Options(TypedDict, total=False):
    """How a client behaves; all of it may be left out."""

    timeout_s: float
    """For all tries of a call together; 10 seconds."""
    retries: Retries
    """How often and how patiently; three tries."""
    headers: Mapping[str, str]
    """Sent with every request."""
    gzip_from_bytes: int | None
    """Bodies of this size or larger are compressed; None compresses none."""
    max_connections: int
    """Open at once, and kept open for the next calls; 100."""
    clock: Callable[[], float]
    """Seconds that never go back, for tests."""
    draw: Callable[[], float]
    """A number from [0, 1), for tests."""


class Call(TypedDict, total=False):
    """What may be said of any call."""

    timeout_s: float
    """For all tries together, instead of the client's. The service is told what is left of it."""
    request_id: str
    """Up to 128 letters, digits and `. _ : -`; made where none is given."""


class Question(Call, total=False):
    """What is asked: `context` with `candidates`, or `instances`, or `columns`."""

    context: Row
    """Features that all candidates share."""
    candidates: Sequence[Row] | Columns
    """One object for each candidate, or a list for each feature."""
    instances: Sequence[Row]
    """Independent rows, each with all its features."""
    columns: Columns
    """The same as a list for each feature."""
    layout: Layout
    """How the numbers travel; the answer has both. "columns", the smaller one, unless it is said otherwise."""
    top_k: int
    """Only so many of the best rows, best first; needs a model with a utility."""


class TableQuestion(Call, total=False):
    """What is asked of a table of rows."""

    context: Row
    """Features that all rows share; the table then holds those of the candidates."""
    top_k: int
    """Only so many of the best rows, best first; needs a model with a utility."""


class Core:
    """Plans calls and goes through them; sends nothing itself.

    Args:
        url: of the service, such as "http://127.0.0.1:8000".
        timeout_s: see `Options`, as are all others.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = 10.0,
        retries: Retries = Retries(),  # noqa: B008 - frozen
        headers: Mapping[str, str] | None = None,
        gzip_from_bytes: int | None = None,
        max_connections: int = 100,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
    ) -> None:
        address = httpx.URL(url)
        if address.scheme not in {"http", "https"} or not address.host:
            raise ValueError(f'an address is like "http://127.0.0.1:8000"; found {url!r}: give scheme and host')
        self._timeout_s = _checked(timeout_s)
        self._gzip_from_bytes = gzip_from_bytes
        self._conduct = Conduct(retries, Budget(retries), clock, draw)
        limits = httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections)
        self.http_options: dict[str, Any] = {"base_url": address, "headers": headers, "limits": limits}

    def predict(
        self,
        *,
        context: Row | None = None,
        candidates: Sequence[Row] | Columns | None = None,
        instances: Sequence[Row] | None = None,
        columns: Columns | None = None,
        layout: Layout = "columns",
        top_k: int | None = None,
        timeout_s: float | None = None,
        request_id: str | None = None,
    ) -> Plan[Answer]:
        """Predictions of all tasks for each row; see `Question`."""
        document = {
            "context": context,
            "candidates": candidates,
            "instances": instances,
            "columns": columns,
            "layout": layout,
            "top_k": top_k,
        }
        told = self._told(timeout_s, request_id)
        return self._posted(json_body(document), JSON, lambda response: Answer.of(document_of(response)), told)

    def predict_table(
        self,
        table: Any,
        *,
        context: Row | None = None,
        top_k: int | None = None,
        timeout_s: float | None = None,
        request_id: str | None = None,
    ) -> Plan[Any]:
        """Predictions of all tasks for each row of a table, as a table; see `TableQuestion`."""
        content = stream_of(table, context, {"top_k": top_k})
        told = self._told(timeout_s, request_id)
        return self._posted(content, ARROW, lambda response: table_of(response.content), told)

    def model(self, *, timeout_s: float | None = None, request_id: str | None = None) -> Plan[Model]:
        """What the service says of its model."""
        told = self._told(timeout_s, request_id)
        return Plan("GET", "/model", lambda response: Model.of(document_of(response)), *told)

    def ready(self, *, timeout_s: float | None = None, request_id: str | None = None) -> Plan[bool]:
        """Whether the service predicts."""
        told = self._told(timeout_s, request_id)
        answers = (httpx.codes.OK, _NOT_READY)
        return Plan("GET", "/readyz", lambda response: response.is_success, *told, answers=answers)

    def steps(self, plan: Plan[T], build: Callable[..., httpx.Request]) -> Steps[T]:
        """The steps of a call; see `Conduct.steps`."""
        return self._conduct.steps(plan, build)

    def _posted(
        self, content: bytes, media_type: str, read: Callable[[httpx.Response], T], told: tuple[float, str]
    ) -> Plan[T]:
        headers = {"Content-Type": media_type, "Accept": media_type}
        if self._gzip_from_bytes is not None and len(content) >= self._gzip_from_bytes:
            content, headers["Content-Encoding"] = compressed(content), "gzip"
        return Plan("POST", "/predict", read, *told, content, headers)

    def _told(self, timeout_s: float | None, request_id: str | None) -> tuple[float, str]:
        return self._timeout_s if timeout_s is None else _checked(timeout_s), request_id or uuid4().hex


def _checked(timeout_s: float) -> float:
    if not 0 < timeout_s <= LONGEST_TIMEOUT_S:
        raise ValueError(
            f"a call takes up to {LONGEST_TIMEOUT_S} seconds; found {timeout_s}: choose a number of seconds"
        )
    return timeout_s
