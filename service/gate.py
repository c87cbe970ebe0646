"""A bound on what is in progress, so that no queue grows without end."""

from collections.abc import Iterator
from contextlib import contextmanager

from service.refusal import Overloaded


class Gate:
    """Lets amounts in as long as their sum stays within the limit. Used from the event loop only: no lock."""

    def __init__(self, limit: int, noun: str) -> None:
        self.limit = limit
        self.noun = noun
        self.held = 0

    @contextmanager
    def holding(self, amount: int) -> Iterator[None]:
        """Hold the amount for the block.

        Raises:
            Overloaded: it does not fit.
        """
        if self.held + amount > self.limit:
            raise Overloaded(
                f"at most {self.limit} {self.noun} are in progress at once; found {self.held} when this request "
                f"brought {amount} more: try again after the seconds in Retry-After"
            )
        self.held += amount
        try:
            yield
        finally:
            self.held -= amount
