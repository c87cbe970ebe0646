"""Takes connections from the socket that all workers share, and no more than its part of them.

A socket that workers share wakes all of them, and an event loop that takes all it can get leaves a burst of long-lived
connections with the quickest worker for good; the kernel's own spreading (SO_REUSEPORT) draws lots, and what waits for
a worker that dies is lost (docs/decisions/0012-workers-are-forked.md has what was measured).
"""

import asyncio
import socket
from collections.abc import Callable

from service.acceptor import MOST_AT_ONCE, Acceptor
from service.workers.board import Board

LET_OTHERS_S = 0.002
"""How long a worker that has more connections than another leaves the next one to the others, before it takes it."""
_TOLERANCE = 8
"""One connection in so many more than another has is no reason to wait."""


class FairAcceptor(Acceptor):
    """Of one worker.

    Args:
        listener: the shared socket.
        board: connections of all workers.
        worker: its number on the board.
        num_open: its own connections.
        protocol: makes what handles a connection.
    """

    def __init__(
        self,
        listener: socket.socket,
        board: Board,
        worker: int,
        num_open: Callable[[], int],
        protocol: Callable[[], asyncio.Protocol],
    ) -> None:
        super().__init__(listener, protocol)
        self._board = board
        self._worker = worker
        self._num_open = num_open

    def start(self, backlog: int) -> None:
        """Listen, and say so on the board."""
        super().start(backlog)
        self.tell()

    def tell(self) -> None:
        """Put the connections of this worker on the board."""
        self._board.serves(self._worker, self._num_held)

    @property
    def _num_held(self) -> int:
        return self._num_open() + len(self._arriving)

    def _take(self) -> None:
        for _ in range(MOST_AT_ONCE):
            self.tell()
            fewest = self._board.fewest()
            if self._num_held > fewest + fewest // _TOLERANCE:
                self._pause_for(LET_OTHERS_S, self._take_and_go_on)
                return
            if not self._took_one():
                return

    def _take_and_go_on(self) -> None:
        """What still waits is waiting for a worker that is busy, or dead and not known to be."""
        if self._took_one():
            self.tell()
        self._go_on()
