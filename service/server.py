"""The process: binds the port, loads the model, serves, and stops without losing an accepted request."""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable

import uvicorn

from service.acceptor import Acceptor
from service.app import create_app
from service.collector import spare_what_stays
from service.graceful import GracefulServer, new_event_loop, server_config
from service.loaded import name_and_version
from service.logs import configure_logs
from service.open_files import allow_connections
from service.refusal import StartRefused
from service.settings import Settings

_logger = logging.getLogger(__name__)


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket that holds the address and does not listen yet: clients are refused until the model is loaded.

    Raises:
        StartRefused: the address is taken or not ours.
    """
    # The protocol is named because asyncio turns Nagle's algorithm off only where it is: 48 ms a request otherwise.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        found = "it is taken" if error.errno == errno.EADDRINUSE else str(error)
        raise StartRefused(
            f"the service listens on an address of its own; found for {host} port {port}: {found}. Stop the other "
            f"process, or choose another --host or --port"
        ) from None
    return listener


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, in this process or in several below it.

    Raises:
        StartRefused: the address cannot be had, or workers do not stay alive.
        CheckpointError: the model cannot be served.
    """
    configure_logs(settings.log_level, settings.log_format)
    allow_connections(settings.max_connections)
    with bound_socket(settings.host, settings.port) as listener:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        url = f"http://{host}:{listener.getsockname()[1]}"
        if settings.workers > 1:
            from service.workers import supervise  # of what only Unix has

            supervise(settings, listener, url)
        else:
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                runner.run(_serve(settings, listener, url))
    _logger.info("stopped")


async def _serve(settings: Settings, listener: socket.socket, url: str) -> None:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        spare_what_stays()
        loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]

        def greet() -> None:
            serving = app.state.serving
            told = name_and_version(serving and serving.engine.manifest)
            _logger.info("serving url=%s model=%s version=%s loop=%s http=httptools", url, *told, loop)

        await _Server(server_config(app, settings), greet, listener).serve(sockets=[])


class _Server(GracefulServer):
    """Takes all connections of a socket."""

    _acceptor: Acceptor

    def __init__(self, config: uvicorn.Config, started: Callable[[], None], listener: socket.socket) -> None:
        super().__init__(config, started)
        self._listener = listener

    async def listen(self) -> None:
        self._acceptor = Acceptor(self._listener, self.protocol)
        self._acceptor.start(self.config.backlog)

    async def stop_listening(self) -> None:
        await self._acceptor.stop()
