"""What processes that follow the same channel have in common, where there is more than one."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Company(Protocol):
    """The processes that swap together."""

    def ask(self) -> None:
        """Ask all of them to look at the registry now."""

    def num_asked(self) -> int:
        """How often that was asked."""

    def turn(self) -> AbstractContextManager[None]:
        """Wait until none of the others makes a version ready, and let them wait for a block."""

    def swapped(self) -> None:
        """This process serves another version than the one that it began with."""


class Alone:
    """Of a process that is the only one."""

    def __init__(self) -> None:
        self._num_asked = 0

    def ask(self) -> None:
        """See `Company`."""
        self._num_asked += 1

    def num_asked(self) -> int:
        """See `Company`."""
        return self._num_asked

    @contextmanager
    def turn(self) -> Iterator[None]:
        """See `Company`."""
        yield

    def swapped(self) -> None:
        """See `Company`."""
