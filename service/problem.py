"""The one shape of every error: problem documents of RFC 9457, https://www.rfc-editor.org/rfc/rfc9457."""

import logging
from http import HTTPStatus

import orjson
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from service.metrics import Metrics
from service.refusal import CLIENT_GONE, INTERNAL_ERROR, METHOD_NOT_ALLOWED, NOT_FOUND, Kind, Overloaded, Refusal
from service.reply import Reply

MEDIA_TYPE = "application/problem+json"
_KIND_OF_STATUS = {kind.status: kind for kind in (NOT_FOUND, METHOD_NOT_ALLOWED)}
_logger = logging.getLogger(__name__)


class Problem(BaseModel):
    """Why a request was not answered."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str
    """The kind of problem; compare this one."""
    title: str
    """The kind in words, always the same."""
    status: int
    """The HTTP status."""
    detail: str
    """The rule, what was found and the way out."""
    instance: str
    """The path that was asked for."""
    request_id: str
    """Quote it when you ask for help: the service's log has it too."""
    row: int | None = Field(default=None, ge=0)
    """The row meant, from 0 in the order sent; absent where no single row is meant."""
    field: str | None = None
    """The feature or the part of the body meant; absent where none is."""
    error: str | None = None
    """The detail again, under the name that clients of the inference protocol read; absent outside `/v2`."""


def refusal_of(error: Exception) -> Refusal:
    """The refusal that an error amounts to; what nobody foresaw is an internal error and tells nothing."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, ClientDisconnect):
        return Refusal(CLIENT_GONE, "a body is sent to its end; found the connection closed before")
    if isinstance(error, HTTPException):
        phrase = HTTPStatus(error.status_code).phrase
        kind = _KIND_OF_STATUS.get(error.status_code, Kind("http-error", error.status_code, phrase))
        return Refusal(kind, f"{error.detail}: GET /openapi.json lists paths and methods", headers=error.headers)
    return Refusal(INTERNAL_ERROR, "the service failed; quote the request id when you report it")


def problem_reply(error: Exception, path: str, request_id: str, metrics: Metrics) -> Reply:
    """The document that answers an error, counted, and logged without any value that the client sent."""
    refusal = refusal_of(error)
    kind = refusal.kind
    metrics.problem_answered(refusal)
    if not isinstance(refusal, Overloaded) or metrics.is_time_to_say_so():
        serious = kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        _logger.log(
            logging.WARNING if serious else logging.INFO,
            "problem=%s status=%d row=%s field=%r request_id=%s",
            *(kind.slug, kind.status, refusal.row, refusal.field, request_id),
            exc_info=error if kind is INTERNAL_ERROR else None,
        )
    content = orjson.dumps(_document(refusal, path, request_id))
    return Reply(content, kind.status, MEDIA_TYPE, refusal.headers)


def _document(refusal: Refusal, path: str, request_id: str) -> dict[str, object]:
    """What `Problem` describes; written without it, because an overloaded service writes thousands a second."""
    kind = refusal.kind
    document: dict[str, object] = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": refusal.detail,
        "instance": path,
        "request_id": request_id,
    }
    if refusal.row is not None:
        document["row"] = refusal.row
    if refusal.field is not None:
        document["field"] = refusal.field
    if path == "/v2" or path.startswith("/v2/"):
        document["error"] = refusal.detail
    return document


def problem_response(request: Request, error: Exception) -> Response:
    """The same for the routes of FastAPI."""
    reply = problem_reply(error, request.scope["path"], request.state.request_id, request.app.state.metrics)
    return Response(reply.content, reply.status, reply.headers, reply.media_type)


def answer_with_problems(app: FastAPI) -> None:
    """Let the app answer every foreseen error as a problem; `CrashGuard` does it for the rest."""

    async def answer(request: Request, error: Exception) -> Response:
        return problem_response(request, error)

    for kind in (Refusal, HTTPException, ClientDisconnect):
        app.add_exception_handler(kind, answer)
