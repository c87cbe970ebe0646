"""One worker: a process that serves, forked from the supervisor with the model in memory."""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from models.errors import ThreefoldError
from service.app import create_app
from service.graceful import GracefulServer, new_event_loop, server_config
from service.refusal import StartRefused
from service.settings import Settings
from service.shared_metrics import write_as
from service.tracing import new_metrics
from service.workers.acceptor import FairAcceptor
from service.workers.board import Board
from service.workers.colleagues import Colleague, Colleagues
from service.workers.first import First

EXIT_FAILED = 1
STOP_MARGIN_S = 5
"""Beyond the grace, for what is not a request."""
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shared:
    """What all workers are given.

    Attributes:
        settings: of the service.
        listener: the socket that they share.
        first: the version to begin with, in memory that they share.
        board: connections of each.
        colleagues: what they swap versions by.
        metrics: the folder of their metrics.
        lifeline: the end of a pipe that can be read when the supervisor is gone.
    """

    settings: Settings
    listener: socket.socket
    first: First
    board: Board
    colleagues: Colleagues
    metrics: Path
    lifeline: int


def run_worker(shared: Shared, number: int, refuse: Callable[[str], None]) -> int:
    """Serve until SIGTERM, and return the exit code.

    Args:
        shared: by all workers.
        number: of this one, from 0.
        refuse: told why the model cannot be served.
    """
    # Ctrl-C reaches all processes of a terminal; the supervisor says what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    try:
        write_as(str(number), shared.metrics)
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(_serve(shared, number))
    except ThreefoldError as error:
        refuse(str(error))
        return EXIT_FAILED
    except BaseException:
        _logger.exception("worker failed worker=%d", number)
        return EXIT_FAILED
    return 0


def leave(code: int) -> None:
    """End this process at once: what the supervisor would clean up at its exit is not the worker's."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


async def _serve(shared: Shared, number: int) -> None:
    colleague = Colleague(shared.colleagues, number)
    app = create_app(shared.settings, shared.first.take(), new_metrics(shared.metrics), colleague)
    async with app.router.lifespan_context(app):
        if app.state.serving is None and shared.colleagues.have_swapped:
            raise StartRefused(
                f"a worker serves what the others serve; found nothing that {shared.settings.channel} points at in "
                f"{shared.settings.registry}: is it mounted?"
            )
        await _Server(server_config(app, shared.settings), shared, number).serve(sockets=[])


class _Server(GracefulServer):
    """Takes its part of the connections of the shared socket, and ends with the supervisor."""

    _acceptor: FairAcceptor

    def __init__(self, config: uvicorn.Config, shared: Shared, number: int) -> None:
        super().__init__(config, lambda: _logger.debug("worker serves worker=%d", number), (signal.SIGTERM,))
        self._shared = shared
        self._number = number

    async def listen(self) -> None:
        self._acceptor = FairAcceptor(
            self._shared.listener,
            self._shared.board,
            self._number,
            num_open=lambda: len(self.server_state.connections),
            protocol=self.protocol,
        )
        self._acceptor.start(self.config.backlog)
        asyncio.get_running_loop().add_reader(self._shared.lifeline, self._end_with_supervisor)

    async def stop_listening(self) -> None:
        await self._acceptor.stop()

    async def on_tick(self, counter: int) -> bool:
        self._acceptor.tell()
        return await super().on_tick(counter)

    def _end_with_supervisor(self) -> None:
        asyncio.get_running_loop().remove_reader(self._shared.lifeline)
        _logger.error("the supervisor is gone: worker=%d answers what it has accepted and stops", self._number)
        signal.alarm(self._shared.settings.shutdown_grace_s + STOP_MARGIN_S)  # nobody else would end it
        self.handle_exit(signal.SIGTERM, None)
