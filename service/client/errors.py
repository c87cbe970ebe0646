"""Every error of the client, in one tree.

ClientError
├── UnreachableError         no answer came: refused, reset, no such host
├── DeadlineError            none came in time, or the service saw that none would
├── UnavailableError         the service is at a limit or not ready (429, 503), after the last try
├── RefusedError             the request has to be changed (any other 4xx): `problem` names row and field
├── FailedError              the service failed (any other 5xx)
└── UnexpectedAnswerError    what came is no answer of this service: look at what lies between
"""

from service.client.problem import Problem


class ClientError(Exception):
    """Base of all errors of the client.

    Attributes:
        request_id: of the call, the same for all its tries; the service's log has it.
        num_tries: requests that were sent.
        problem: the service's document; None where none came.
    """

    def __init__(self, message: str, *, request_id: str, num_tries: int, problem: Problem | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id
        self.num_tries = num_tries
        self.problem = problem

    @property
    def row(self) -> int | None:
        """The row meant, from 0 in the order sent."""
        return None if self.problem is None else self.problem.row

    @property
    def field(self) -> str | None:
        """The feature or the part of the request meant."""
        return None if self.problem is None else self.problem.field


class UnreachableError(ClientError):
    """No answer came: the connection was refused or broken, or there is no such host."""


class DeadlineError(ClientError):
    """No answer came in time, or the service saw that none would."""


class UnavailableError(ClientError):
    """The service is at a limit or not ready, after the last try; the same request may work later.

    Attributes:
        retry_after_s: seconds that the service asks to wait; None where it does not say.
    """

    def __init__(
        self,
        message: str,
        *,
        request_id: str,
        num_tries: int,
        problem: Problem | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id, num_tries=num_tries, problem=problem)
        self.retry_after_s = retry_after_s


class RefusedError(ClientError):
    """The request has to be changed: `problem` says what is wrong, and `row` and `field` where."""


class FailedError(ClientError):
    """The service failed: a defect, or a model that predicts no finite numbers."""


class UnexpectedAnswerError(ClientError):
    """What came is no answer of this service: look at the address, and at proxies on the way."""
