"""When another try is worth it, and how long to wait before it."""

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retries:
    """How often, and how patiently.

    The wait before a further try is drawn evenly from nothing to a bound that doubles each time, on top of what the
    service asks for by Retry-After: "full jitter" (Brooker, Exponential Backoff and Jitter, 2015,
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). A call that cannot wait so long fails at
    once.

    Attributes:
        max_tries: requests of one call, the first one included.
        first_wait_s: bound of the wait before the second try.
        max_wait_s: the bound grows no further.
        share: retries of all calls of a client together, as a share of its calls: where many fail, more requests are
            the last thing that a service needs.
        reserve: retries beyond that share, so that a client that has made few calls may retry too.
    """

    max_tries: int = 3
    first_wait_s: float = 0.05
    max_wait_s: float = 2.0
    share: float = 0.2
    reserve: int = 10

    def __post_init__(self) -> None:
        if self.max_tries < 1 or self.first_wait_s < 0 or self.max_wait_s < 0 or self.share < 0 or self.reserve < 0:
            raise ValueError(f"a call has at least one try, and nothing else is negative; found {self}: mend it")

    def wait_s(self, num_tries: int, asked_s: float, drawn: float) -> float:
        """Seconds to wait after so many tries.

        Args:
            num_tries: so far, at least 1.
            asked_s: for by the service.
            drawn: evenly from [0, 1).
        """
        doublings = min(num_tries - 1, 60)  # far beyond any bound, and still a number
        return asked_s + drawn * min(self.max_wait_s, self.first_wait_s * 2.0**doublings)


class Budget:
    """The retries that all calls of one client share. May be used by several threads.

    Each call adds a part of a retry, each retry takes a whole one; what is saved up stays within the reserve, or within
    one retry where there is no reserve.
    """

    def __init__(self, retries: Retries) -> None:
        self._share = retries.share
        self._most = max(1.0, retries.reserve)
        self._left = float(retries.reserve)
        self._lock = threading.Lock()

    def earn(self) -> None:
        """A call begins."""
        with self._lock:
            self._left = min(self._most, self._left + self._share)

    def spend(self) -> bool:
        """Take a retry; false where none is left."""
        with self._lock:
            has_one = self._left >= 1
            self._left -= has_one
        return has_one
