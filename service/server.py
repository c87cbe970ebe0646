"""The process: binds the port, loads the model, serves, and stops without losing an accepted request."""

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn

from service.app import create_app
from service.logs import configure_logs
from service.refusal import StartRefused
from service.settings import Settings

_logger = logging.getLogger(__name__)


class GracefulServer(uvicorn.Server):
    """Ends by returning after SIGTERM or SIGINT; uvicorn's own would raise the signal again and skip our cleanup.

    Args:
        config: of uvicorn.
        greeting: logged once connections are accepted.
    """

    def __init__(self, config: uvicorn.Config, greeting: str) -> None:
        super().__init__(config)
        self.greeting = greeting

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then say so."""
        await super().startup(sockets)
        _logger.info(self.greeting)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop on a signal while the block runs."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)


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
    """Serve until SIGTERM or SIGINT.

    Raises:
        StartRefused: the address cannot be had.
        CheckpointError: the model cannot be served.
    """
    configure_logs(settings.log_level)
    with bound_socket(settings.host, settings.port) as listener:
        asyncio.run(_serve(settings, listener))


async def _serve(settings: Settings, listener: socket.socket) -> None:
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        lifespan="off",  # entered below, so that its errors reach the command line as they are
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=settings.shutdown_grace_s,
    )
    async with app.router.lifespan_context(app):
        manifest = app.state.engine.manifest
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        url = f"http://{host}:{listener.getsockname()[1]}"
        greeting = f"serving url={url} model={manifest.name} version={manifest.version}"
        await GracefulServer(config, greeting).serve(sockets=[listener])
    _logger.info("stopped")
