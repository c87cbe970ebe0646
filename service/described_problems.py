"""Which problems each operation may answer with, status by status: nothing undescribed is ever answered."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from service.inference_protocol.not_offered import REFUSED
from service.inference_protocol.paths import INFER, INFER_VERSION
from service.predict import PATH as PREDICT
from service.problem import MEDIA_TYPE, Problem
from service.refusal import (
    ADMIN_OFF,
    CLIENT_GONE,
    INTERNAL_ERROR,
    KINDS,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    NOT_OFFERED,
    NOT_READY,
    NOT_SWAPPED,
    UNAUTHORIZED,
    UNKNOWN_MODEL,
    UNKNOWN_OUTPUT,
    Kind,
)
from service.swapping.paths import RELOAD

Schema = dict[str, Any]
_ALWAYS = ("/livez", "/metrics", "/v2", "/v2/health/live")
"""Paths that need no model."""
_REFUSED = frozenset(each.path for each in REFUSED)
_OF_NO_OPERATION = {NOT_FOUND, METHOD_NOT_ALLOWED, CLIENT_GONE}
"""For other paths and methods, and for clients that are not there to read it."""
_OF_ADMIN = {ADMIN_OFF, UNAUTHORIZED, NOT_SWAPPED}
_OF_TENSORS = {NOT_OFFERED, UNKNOWN_MODEL, UNKNOWN_OUTPUT}


def describe_problems(document: Schema) -> None:
    """Add them to the operations of an OpenAPI document, in place of what FastAPI knows of errors."""
    schemas = document["components"]["schemas"]
    schemas["Problem"] = Problem.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path, methods in document["paths"].items():
        for operation in methods.values():
            operation["responses"].pop("422", None)
            for status, kinds in _by_status(_kinds(path)):
                operation["responses"][str(status)] = _response(kinds)


def _kinds(path: str) -> Iterator[Kind]:
    if path == PREDICT:
        yield from (kind for kind in KINDS if kind not in _OF_NO_OPERATION | _OF_TENSORS | _OF_ADMIN)
        return
    if path in {INFER, INFER_VERSION}:
        yield from (kind for kind in KINDS if kind not in _OF_NO_OPERATION | _OF_ADMIN)
        return
    yield INTERNAL_ERROR
    if path == RELOAD:
        yield from _OF_ADMIN
        return
    if path in _REFUSED:
        yield NOT_OFFERED
    elif path not in _ALWAYS:
        yield NOT_READY
        if "{name}" in path:
            yield UNKNOWN_MODEL


def _by_status(kinds: Iterable[Kind]) -> Iterator[tuple[int, list[Kind]]]:
    for status, found in groupby(sorted(kinds, key=_status), key=_status):
        yield status, list(found)


def _status(kind: Kind) -> int:
    return kind.status


def _response(kinds: list[Kind]) -> Schema:
    listed = "\n".join(f"- `{kind.type}`: {kind.title}" for kind in kinds)
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": f"Why there is no answer:\n\n{listed}", "content": content}
