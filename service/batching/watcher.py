"""Who is told what the queue does: metrics, most of the time."""

from typing import Protocol


class Watcher(Protocol):
    """Told of every change; called on the event loop, so it must be quick."""

    def batch_done(self, num_requests: int, num_rows: int) -> None:
        """The network predicted rows of so many requests at once."""

    def deadline_missed(self, when: str) -> None:
        """A request was too late: on `arrival`, in the `queue`, or once it was `predicted`."""

    def client_left(self) -> None:
        """A request was dropped before it was predicted, because its client had left."""

    def rows_changed(self, held: int) -> None:
        """Rows wait for the network or are in it."""

    def bodies_changed(self, held: int) -> None:
        """Requests are between their first byte and their answer."""

    def ready_changed(self, ready: bool) -> None:
        """The engine predicts, or stops to."""


class Nobody:
    """Of an engine that nobody watches."""

    def batch_done(self, num_requests: int, num_rows: int) -> None:
        """Nothing."""

    def deadline_missed(self, when: str) -> None:
        """Nothing."""

    def client_left(self) -> None:
        """Nothing."""

    def rows_changed(self, held: int) -> None:
        """Nothing."""

    def bodies_changed(self, held: int) -> None:
        """Nothing."""

    def ready_changed(self, ready: bool) -> None:
        """Nothing."""
