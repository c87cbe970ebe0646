"""Everything the service answers instead of predictions: the kinds of problem, and the error that carries one."""

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
NOT_FOUND = Kind("not-found", 404, "There is no such path")
METHOD_NOT_ALLOWED = Kind("method-not-allowed", 405, "The path does not know this method")
BODY_TIMEOUT = Kind("body-timeout", 408, "The body took too long to arrive")
BODY_TOO_LARGE = Kind("body-too-large", 413, "The body is too large")
TOO_MANY_ROWS = Kind("too-many-rows", 413, "The request has too many rows")
UNSUPPORTED_MEDIA_TYPE = Kind("unsupported-media-type", 415, "The body must be plain JSON")
WRONG_SHAPE = Kind("wrong-shape", 422, "The body has none of the three forms")
UNKNOWN_FEATURE = Kind("unknown-feature", 422, "The model has no such feature")
MISPLACED_FEATURE = Kind("misplaced-feature", 422, "The feature belongs elsewhere in the body")
WRONG_VALUE = Kind("wrong-value", 422, "A value breaks the rule of its feature")
CLIENT_GONE = Kind("client-gone", 499, "The client left before its body was complete")
INTERNAL_ERROR = Kind("internal-error", 500, "The service failed")
NOT_FINITE = Kind("not-finite", 500, "The model predicted no finite number")
OVERLOADED = Kind("overloaded", 503, "The service is at its limit")
NOT_READY = Kind("not-ready", 503, "The service is not ready")

KINDS = (
    BROKEN_BODY,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    BODY_TIMEOUT,
    BODY_TOO_LARGE,
    TOO_MANY_ROWS,
    UNSUPPORTED_MEDIA_TYPE,
    WRONG_SHAPE,
    UNKNOWN_FEATURE,
    MISPLACED_FEATURE,
    WRONG_VALUE,
    CLIENT_GONE,
    INTERNAL_ERROR,
    NOT_FINITE,
    OVERLOADED,
    NOT_READY,
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
    """A limit on what is in progress is reached; the same request may work in a second."""

    def __init__(self, detail: str) -> None:
        super().__init__(OVERLOADED, detail, headers={"Retry-After": "1"})


class StartRefused(ThreefoldError):  # noqa: N818 - reads as what happened
    """The service cannot start: the message says what to change."""
