"""Takes connections from a socket that listens, many at a wake-up.

libuv, on which uvloop stands, takes one connection a turn of its loop. A turn of ours may predict a batch, so a burst
of five hundred clients would wait a second before the last of them is even heard, and could not be refused either.
"""

import asyncio
import logging
import socket
from collections.abc import Callable

MOST_AT_ONCE = 64
"""Connections of one wake-up, so that those that are open are not forgotten."""
_AGAIN_S = 0.1
"""After how long a process that has no file left for a connection asks again."""
_logger = logging.getLogger(__name__)


class Acceptor:
    """Of one process.

    Args:
        listener: where clients connect.
        protocol: makes what handles a connection.
    """

    def __init__(self, listener: socket.socket, protocol: Callable[[], asyncio.Protocol]) -> None:
        self._listener = listener
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._arriving: set[asyncio.Task[object]] = set()

    def start(self, backlog: int) -> None:
        """Listen; the first process of several to do so opens the port."""
        self._listener.setblocking(False)
        self._listener.listen(backlog)
        self._go_on()

    async def stop(self) -> None:
        """Take the connections that wait already, then no more."""
        self._loop.remove_reader(self._listener)
        while self._took_one():
            pass
        if self._pause is not None:
            self._pause.cancel()
        self._listener.close()
        if self._arriving:
            await asyncio.wait(self._arriving)

    def _take(self) -> None:
        """Connections are waiting."""
        for _ in range(MOST_AT_ONCE):
            if not self._took_one():
                break

    def _go_on(self) -> None:
        self._loop.add_reader(self._listener, self._take)

    def _pause_for(self, seconds: float, then: Callable[[], None]) -> None:
        self._loop.remove_reader(self._listener)
        self._pause = self._loop.call_later(seconds, then)

    def _took_one(self) -> bool:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False  # another process was quicker, or the client has left
        except OSError as error:
            _logger.warning("no connection can be taken: %s", error.strerror)
            self._pause_for(_AGAIN_S, self._go_on)
            return False
        connection.setblocking(False)
        task = self._loop.create_task(self._connect(connection))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)
        return True

    async def _connect(self, connection: socket.socket) -> None:
        await self._loop.connect_accepted_socket(self._protocol, connection)
