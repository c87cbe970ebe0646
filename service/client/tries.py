"""One call as steps: what to send and how long to wait in between. Whoever takes the steps does all input and output.

So there is one way through a call, and it is tried out without a network and without a clock.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import httpx

from service.client.errors import ClientError, DeadlineError, UnavailableError, UnreachableError
from service.client.plan import Plan
from service.client.reading import result
from service.client.retries import Budget, Retries

T = TypeVar("T")
REQUEST_ID = "X-Request-ID"
TIMEOUT = "X-Request-Timeout-Ms"
_SHORTEST_S = 1e-3
"""Of a wait for the network: nothing at all would be taken for no limit."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request within these seconds, and hand back what came of it."""

    request: httpx.Request
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for these seconds, and hand back nothing."""

    seconds: float


Steps = Generator[Send | Wait, httpx.Response | httpx.RequestError | None, T]


class TimeLeft(Mapping[str, float]):
    """Time limits of a request's phases for httpx: what is left of the deadline when a phase begins.

    Fixed limits would add up: each phase could take all of them.
    """

    _PHASES = ("connect", "read", "write", "pool")

    def __init__(self, deadline: float, clock: Callable[[], float]) -> None:
        self._deadline = deadline
        self._clock = clock

    def __getitem__(self, phase: str) -> float:
        return max(_SHORTEST_S, self._deadline - self._clock())

    def __iter__(self) -> Iterator[str]:
        return iter(self._PHASES)

    def __len__(self) -> int:
        return len(self._PHASES)


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a client behaves in all its calls.

    Attributes:
        retries: how often and how patiently.
        budget: that all calls share.
        clock: seconds that never go back.
        draw: a number from [0, 1).
    """

    retries: Retries
    budget: Budget
    clock: Callable[[], float]
    draw: Callable[[], float]

    def steps(self, plan: Plan[T], build: Callable[..., httpx.Request]) -> Steps[T]:
        """The steps of a call; they end with its result.

        Args:
            plan: the call.
            build: makes a request, with the address of the service.

        Raises:
            ClientError: there is none.
        """
        deadline = self.clock() + plan.timeout_s
        self.budget.earn()
        num_tries = 0
        while True:
            num_tries += 1
            left = deadline - self.clock()
            if left <= 0:  # whoever waited took longer than it was told
                raise _late(plan, num_tries - 1)
            headers = {**plan.headers, REQUEST_ID: plan.request_id, TIMEOUT: str(max(1, int(left * 1e3)))}
            limits = {"timeout": TimeLeft(deadline, self.clock)}
            request = build(plan.method, plan.path, content=plan.content, headers=headers, extensions=limits)
            outcome = yield Send(request, left)
            assert outcome is not None, "a request has an outcome"
            try:
                return result(plan, outcome, num_tries)
            except (UnavailableError, UnreachableError) as error:
                yield Wait(self._wait_s(error, num_tries, deadline))

    def _wait_s(self, error: ClientError, num_tries: int, deadline: float) -> float:
        """Seconds until the next try.

        Raises:
            ClientError: there is none: tries, budget or time are used up.
        """
        asked = error.retry_after_s if isinstance(error, UnavailableError) else None
        wait_s = self.retries.wait_s(num_tries, asked or 0.0, self.draw())
        if num_tries >= self.retries.max_tries or self.clock() + wait_s >= deadline or not self.budget.spend():
            raise error
        return wait_s


def _late(plan: Plan[T], num_tries: int) -> DeadlineError:
    """The error of a call whose time is up."""
    return DeadlineError(
        f"an answer comes within {plan.timeout_s:g} s; found none by then: allow more time",
        request_id=plan.request_id,
        num_tries=num_tries,
    )
