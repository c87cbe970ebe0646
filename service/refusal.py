"""Everything the service answers instead of predictions: the kinds of problem, and the error that carries one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from models.errors import ThreefoldError


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: the last part of its `type`, its status and its title."""

    slug: str
    status: int
    title: str

    @property
    def type(self) -> str:
        """The identifier that clients compare."""
        return f"urn:problem-type:threefold:{self.slug}"


BROKEN_BODY = Kind("broken-body", 400, "The body is empty or no JSON")
WRONG_HEADER = Kind("wrong-header", 400, "A header has no sensible value")
NOT_OFFERED = Kind("not-offered", 400, "The service does not do this for anybody")
UNAUTHORIZED = Kind("unauthorized", 401, "The key is missing or not known")
ADMIN_OFF = Kind("admin-off", 404, "The service takes no orders")
UNKNOWN_MODEL = Kind("unknown-model", 404, "The service has no such model or version")
NOT_FOUND = Kind("not-found", 404, "There is no such path")
METHOD_NOT_ALLOWED = Kind("method-not-allowed", 405, "The path does not know this method")
BODY_TIMEOUT = Kind("body-timeout", 408, "The body took too long to arrive")
NOT_SWAPPED = Kind("not-swapped", 409, "The version wanted cannot be served")
BODY_TOO_LARGE = Kind("body-too-large", 413, "The body is too large")
TOO_MANY_ROWS = Kind("too-many-rows", 413, "The request has too many rows")
UNSUPPORTED_MEDIA_TYPE = Kind("unsupported-media-type", 415, "The body must be JSON, plain or gzip")
WRONG_SHAPE = Kind("wrong-shape", 422, "The body has none of the three forms")
UNKNOWN_FEATURE = Kind("unknown-feature", 422, "The model has no such feature")
UNKNOWN_OUTPUT = Kind("unknown-output", 422, "The model has no such output")
MISPLACED_FEATURE = Kind("misplaced-feature", 422, "The feature belongs elsewhere in the body")
NO_UTILITY = Kind("no-utility", 422, "The model has no utility to rank by")
WRONG_VALUE = Kind("wrong-value", 422, "A value breaks the rule of its feature")
CLIENT_GONE = Kind("client-gone", 499, "The client left before its body was complete")
INTERNAL_ERROR = Kind("internal-error", 500, "The service failed")
NOT_FINITE = Kind("not-finite", 500, "The model predicted no finite number")
OVERLOADED = Kind("overloaded", 503, "The service is at its limit")
NOT_READY = Kind("not-ready", 503, "The service is not ready")
DEADLINE_EXCEEDED = Kind("deadline-exceeded", 504, "The answer would come too late")

KINDS = (
    BROKEN_BODY,
    WRONG_HEADER,
    NOT_OFFERED,
    UNAUTHORIZED,
    ADMIN_OFF,
    UNKNOWN_MODEL,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    BODY_TIMEOUT,
    NOT_SWAPPED,
    BODY_TOO_LARGE,
    TOO_MANY_ROWS,
    UNSUPPORTED_MEDIA_TYPE,
    WRONG_SHAPE,
    UNKNOWN_FEATURE,
    UNKNOWN_OUTPUT,
    MISPLACED_FEATURE,
    NO_UTILITY,
    WRONG_VALUE,
    CLIENT_GONE,
    INTERNAL_ERROR,
    NOT_FINITE,
    OVERLOADED,
    NOT_READY,
    DEADLINE_EXCEEDED,
)


class Refusal(ThreefoldError):  # noqa: N818 - a request is refused; not every refusal is an error of ours
    """A request is not answered with predictions.

    Attributes:
        kind: what kind of problem it is.
        detail: the rule, what was found and the way out.
        row: position of the row in the order sent, from 0; None where no single row is meant.
        field: name of the feature or of the body's part; None where none is meant.
        headers: of the response.
    """

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        row: int | None = None,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.row = row
        self.field = field
        self.headers = dict(headers or {})


class Overloaded(Refusal):
    """A limit on what is in progress is reached; the same request may work in a moment.

    Args:
        limit: which one, as the metrics call it.
        detail: the rule, what was found and the way out.
        wait_s: an estimate of the moment; what is sent is whole seconds, at least one.
    """

    def __init__(self, limit: str, detail: str, wait_s: float) -> None:
        super().__init__(OVERLOADED, detail, headers={"Retry-After": str(max(1, math.ceil(wait_s)))})
        self.limit = limit


class StartRefused(ThreefoldError):  # noqa: N818 - reads as what happened
    """The service cannot start: the message says what to change."""
