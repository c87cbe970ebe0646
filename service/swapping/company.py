"""What processes that follow the same channel have in common, where there is more than one."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Company(Protocol):
    """The processes that swap together, as one of them sees them.

    Attributes:
        num_processes: how many they are, this one included.
    """

    num_processes: int

    def ask(self) -> None:
        """Ask all of them to look at the registry now."""

    def num_asked(self) -> int:
        """How often that was asked."""

    def turn(self) -> AbstractContextManager[None]:
        """Wait until none of the others makes a version ready, and let them wait for a block."""

    def serves(self, version: str) -> None:
        """This process serves the version from now on."""

    def num_serving(self, version: str) -> int:
        """How many of them serve the version."""


class Alone:
    """Of a process that is the only one."""

    num_processes = 1

    def __init__(self) -> None:
        self._num_asked = 0
        self._version: str | None = None

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

    def serves(self, version: str) -> None:
        """See `Company`."""
        self._version = version

    def num_serving(self, version: str) -> int:
        """See `Company`."""
        return int(version == self._version)
