"""How much one process holds at once, whichever versions of the model predict it."""

from service.batching.pace import Pace
from service.gate import Gate
from service.settings import Settings


class Room:
    """Outlives a version: a process that swaps its model has two engines for a moment, and one bound for both.

    Attributes:
        pace: how fast rows are predicted.
        bodies: requests between their first byte and their answer.
        rows: rows waiting for the network or in it.
    """

    def __init__(self, settings: Settings) -> None:
        self.pace = Pace()
        self.bodies = Gate(settings.max_open_bodies, "bodies", self.wait_s)
        self.rows = Gate(settings.max_queued_rows, "rows", self.wait_s)

    def wait_s(self) -> float:
        """An estimate of the seconds until what is queued now is predicted."""
        return self.pace.seconds(self.rows.held)
