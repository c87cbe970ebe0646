"""A bound on what is in progress, so that no queue grows without end."""

from collections.abc import Callable

from service.refusal import Overloaded


class Gate:
    """Lets amounts in as long as their sum stays within the limit. Used from the event loop only: no lock.

    Attributes:
        held: what is in.
        changed: told of what is in, after every change.

    Args:
        limit: of the sum.
        noun: what is counted, in the plural.
        wait_s: an estimate of the seconds after which there is room again.
    """

    def __init__(self, limit: int, noun: str, wait_s: Callable[[], float]) -> None:
        self.limit = limit
        self.noun = noun
        self.held = 0
        self.changed: Callable[[int], None] = _tell_nobody
        self._wait_s = wait_s

    def holding(self, amount: int) -> "Holding":
        """Hold the amount for a block, which raises `Overloaded` where it does not fit."""
        return Holding(self, amount)

    def check(self, amount: int) -> None:
        """Whether the amount would fit now.

        Raises:
            Overloaded: it does not.
        """
        if self.held + amount > self.limit:
            raise Overloaded(
                self.noun,
                f"at most {self.limit} {self.noun} are in progress at once; found {self.held} when this request "
                f"brought {amount} more: try again after the seconds in Retry-After",
                self._wait_s(),
            )

    def add(self, amount: int) -> None:
        """Let an amount in, or out where it is negative, whatever the limit."""
        self.held += amount
        self.changed(self.held)


class Holding:
    """An amount held for a block; a class, because a generator takes five times as long."""

    __slots__ = ("_amount", "_gate")

    def __init__(self, gate: Gate, amount: int) -> None:
        self._gate = gate
        self._amount = amount

    def __enter__(self) -> None:
        self._gate.check(self._amount)
        self._gate.add(self._amount)

    def __exit__(self, *_: object) -> None:
        self._gate.add(-self._amount)


def _tell_nobody(held: int) -> None:
    """Of a gate that nobody watches."""
