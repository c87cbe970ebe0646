"""Takes connections from the socket that all workers share, one at a time and no more than its part of them.

A socket that workers share wakes all of them, and an event loop that takes all it can get leaves a burst of long-lived
connections with the quickest worker for good; the kernel's own spreading (SO_REUSEPORT) draws lots, and what waits for
a worker that dies is lost (docs/decisions/0012-workers-are-forked.md has what was measured).
"""

import asyncio
import socket
from collections.abc import Callable

from service.workers.board import Board

LET_OTHERS_S = 0.002
"""How long a worker that has more connections than another leaves the next one to the others, before it takes it."""
_TOLERANCE = 8
"""One connection in so many more than another has is no reason to wait."""


class Acceptor:
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
        self._listener = listener
        self._board = board
        self._worker = worker
        self._num_open = num_open
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._arriving: set[asyncio.Task[object]] = set()

    def start(self, backlog: int) -> None:
        """Listen; the first worker to do so opens the port."""
        self._listener.setblocking(False)
        self._listener.listen(backlog)
        self.tell()
        self._loop.add_reader(self._listener, self._leave_or_take)

    def tell(self) -> None:
        """Put the connections of this worker on the board."""
        self._board.serves(self._worker, self._num_open() + len(self._arriving))

    async def stop(self) -> None:
        """Take the connections that wait already, then no more."""
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._listener)
        while self._took_one():
            pass
        self._listener.close()
        if self._arriving:
            await asyncio.wait(self._arriving)

    def _leave_or_take(self) -> None:
        self.tell()
        fewest = self._board.fewest()
        if self._num_open() + len(self._arriving) > fewest + fewest // _TOLERANCE:
            self._loop.remove_reader(self._listener)
            self._pause = self._loop.call_later(LET_OTHERS_S, self._take_and_go_on)
        else:
            self._took_one()

    def _take_and_go_on(self) -> None:
        """What still waits is waiting for a worker that is busy, or dead and not known to be."""
        self._took_one()
        self._loop.add_reader(self._listener, self._leave_or_take)

    def _took_one(self) -> bool:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False  # another worker was quicker, or the client has left
        connection.setblocking(False)
        task = self._loop.create_task(self._connect(connection))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)
        self.tell()
        return True

    async def _connect(self, connection: socket.socket) -> None:
        await self._loop.connect_accepted_socket(self._protocol, connection)
