"""What other servers of the protocol do and this one does not: each route says so, and why."""

import re
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from service.refusal import NOT_OFFERED, Refusal

Schema = dict[str, Any]
_NO_LOADING = "one model version is served from start to stop: start the service with another --checkpoint"
_NO_SHARED_MEMORY = "the service never reads or writes the memory of another process: send the elements"
_NO_TRACES = "the service keeps no traces: GET /metrics has the time of each stage"
_NO_LOG_SETTINGS = "logs are set when the service starts: use --log-level"


@dataclass(frozen=True, slots=True)
class NotOffered:
    """A path that is answered by a refusal.

    Attributes:
        path: template of it.
        methods: of HTTP.
        why: it is not offered, and what to do instead.
    """

    path: str
    methods: tuple[str, ...]
    why: str


REFUSED = (
    NotOffered("/v2/repository/models/{name}/load", ("POST",), _NO_LOADING),
    NotOffered("/v2/repository/models/{name}/unload", ("POST",), _NO_LOADING),
    *(
        NotOffered(f"/v2/{kind}sharedmemory{path}", (method,), _NO_SHARED_MEMORY)
        for kind in ("system", "cuda")
        for method, path in (
            ("GET", "/status"),
            ("GET", "/region/{region}/status"),
            ("POST", "/region/{region}/register"),
            ("POST", "/region/{region}/unregister"),
            ("POST", "/unregister"),
        )
    ),
    NotOffered("/v2/trace/setting", ("GET", "POST"), _NO_TRACES),
    NotOffered("/v2/models/{name}/trace/setting", ("GET", "POST"), _NO_TRACES),
    NotOffered("/v2/logging", ("GET", "POST"), _NO_LOG_SETTINGS),
)

router = APIRouter()


def not_offered_operations() -> dict[str, dict[str, Schema]]:
    """Their descriptions for `/openapi.json`, by path and method."""
    return {each.path: {method.lower(): _operation(each, method) for method in each.methods} for each in REFUSED}


def _operation(refused: NotOffered, method: str) -> Schema:
    words = re.findall(r"\w+", refused.path)
    return {
        "tags": ["Not offered"],
        "summary": "Not offered",
        "description": f"{refused.why[0].upper()}{refused.why[1:]}.",
        "operationId": "_".join(["not_offered", method.lower(), *words]),
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", refused.path)
        ],
        "responses": {},
    }


def _refuse(refused: NotOffered) -> None:
    async def refusal(request: Request) -> None:
        raise Refusal(NOT_OFFERED, f"{request.method} {refused.path} is not offered: {refused.why}")

    router.add_api_route(refused.path, refusal, methods=list(refused.methods), include_in_schema=False)


for each in REFUSED:
    _refuse(each)
