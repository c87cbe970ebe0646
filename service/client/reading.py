"""From what came back to a result or an error."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx

from service.client.errors import (
    ClientError,
    DeadlineError,
    FailedError,
    RefusedError,
    UnavailableError,
    UnexpectedAnswerError,
    UnreachableError,
)
from service.client.plan import Plan
from service.client.problem import Problem

T = TypeVar("T")
_BUSY = (429, 503)
_GATEWAY_TIMEOUT = 504
_LONGEST_SHOWN = 200


def result(plan: Plan[T], outcome: httpx.Response | httpx.RequestError, num_tries: int) -> T:
    """The result of a call.

    Raises:
        ClientError: what came is none.
    """
    if isinstance(outcome, httpx.RequestError):
        raise _broken(outcome, plan.request_id, num_tries) from outcome
    if outcome.status_code not in plan.answers:
        raise _refused(outcome, plan.request_id, num_tries)
    try:
        return plan.read(outcome)
    except (LookupError, TypeError, ValueError, AttributeError, OSError) as error:
        raise _unexpected(outcome, plan.request_id, num_tries) from error


def document_of(response: httpx.Response) -> Mapping[str, Any]:
    """The JSON object of an answer.

    Raises:
        ValueError: it holds none.
    """
    document = response.json()
    if not isinstance(document, dict):
        raise ValueError("no object")
    return document


def _broken(error: httpx.RequestError, request_id: str, num_tries: int) -> ClientError:
    found = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    told: dict[str, Any] = {"request_id": request_id, "num_tries": num_tries}
    if isinstance(error, httpx.TimeoutException):  # all the time left was given to it
        return DeadlineError(f"an answer comes before the deadline; found {found}: allow more time", **told)
    if isinstance(error, httpx.TransportError):
        return UnreachableError(f"the service answers at its address; found {found}: is it running there?", **told)
    return UnexpectedAnswerError(f"an answer is HTTP that can be read; found {found}: look for a proxy", **told)


def _refused(response: httpx.Response, request_id: str, num_tries: int) -> ClientError:
    problem, status = _problem(response), response.status_code
    told: dict[str, Any] = {"request_id": request_id, "num_tries": num_tries, "problem": problem}
    message = f"{status}: {_shown(response)}" if problem is None else f"{status} {problem.kind}: {problem.detail}"
    if status in _BUSY:
        return UnavailableError(message, **told, retry_after_s=_retry_after(response))
    if status == _GATEWAY_TIMEOUT:
        return DeadlineError(message, **told)
    if response.is_client_error:
        return RefusedError(message, **told)
    if response.is_server_error:
        return FailedError(message, **told)
    return _unexpected(response, request_id, num_tries)


def _unexpected(response: httpx.Response, request_id: str, num_tries: int) -> ClientError:
    return UnexpectedAnswerError(
        f"an answer of the service is JSON of a known form; found status {response.status_code} and "
        f"{_shown(response)}: look at the address, and at proxies on the way",
        request_id=request_id,
        num_tries=num_tries,
    )


def _problem(response: httpx.Response) -> Problem | None:
    if "json" not in response.headers.get("Content-Type", ""):
        return None
    try:
        return Problem.of(document_of(response))
    except ValueError:
        return None


def _shown(response: httpx.Response) -> str:
    text = response.text
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}...")


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that the service asks to wait; a date counts from the date of the answer itself."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        waited = parsedate_to_datetime(text) - parsedate_to_datetime(response.headers["Date"])
    except (KeyError, TypeError, ValueError):
        return None
    return max(0.0, waited.total_seconds())
