"""One call before anything is sent: what to ask for, how long to wait, and how to read the answer."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import httpx

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan(Generic[T]):
    """A call.

    Attributes:
        method: of HTTP.
        path: below the address of the service.
        read: makes the result of an answer; a LookupError, TypeError, ValueError or OSError says that it is none.
        timeout_s: for all tries together.
        request_id: of all tries.
        content: the body.
        headers: beyond the request id and the time left.
        answers: statuses that `read` understands.
    """

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    timeout_s: float
    request_id: str
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    answers: Collection[int] = (200,)
