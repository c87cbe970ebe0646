"""The server of one process, which ends without losing a request."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from service.connection import connections
from service.settings import Settings

LAST_REQUESTS_S = 0.1
"""How long requests that were on their way when the server stopped to listen are still taken."""
_CLOSE = (b"connection", b"close")


class GracefulServer(uvicorn.Server):
    """Ends by returning after a signal; uvicorn's own would raise the signal again and skip our cleanup.

    Stopping, it first listens no more and asks the clients of open connections to leave with their next answer, so that
    a request that was sent just then is answered and not cut off.

    Args:
        config: of uvicorn.
        started: called once connections are accepted.
        signals: that end it.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        started: Callable[[], None],
        signals: tuple[signal.Signals, ...] = (signal.SIGTERM, signal.SIGINT),
    ) -> None:
        super().__init__(config)
        self._when_started = started
        self._signals = signals

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then say so."""
        await super().startup(sockets)
        await self.listen()
        self._when_started()

    async def listen(self) -> None:
        """Accept connections, in another way than uvicorn's own."""
        raise NotImplementedError

    def protocol(self) -> asyncio.Protocol:
        """What handles one more connection."""
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    async def stop_listening(self) -> None:
        """Accept no more connections."""
        raise NotImplementedError

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what was accepted, within the time that the configuration gives."""
        await self.stop_listening()
        self.server_state.default_headers = [*self.server_state.default_headers, _CLOSE]
        await asyncio.sleep(LAST_REQUESTS_S)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop on a signal while the block runs."""
        loop = asyncio.get_running_loop()
        for number in self._signals:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in self._signals:
                loop.remove_signal_handler(number)


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves the app."""
    return uvicorn.Config(
        app,
        http=connections(settings),  # type: ignore[arg-type]  # uvicorn calls it with what a protocol takes
        lifespan="off",  # entered outside, so that its errors reach the command line as they are
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nothing asks for the client's address
        ws="none",
        timeout_graceful_shutdown=settings.shutdown_grace_s,
    )


def new_event_loop() -> asyncio.AbstractEventLoop:
    """The loop of uvloop where it is installed; there is none for Windows."""
    logger = logging.getLogger(__name__)
    try:
        import uvloop
    except ModuleNotFoundError:
        logger.warning("loop=asyncio http=httptools: uvloop is not installed, requests take longer")
        return asyncio.SelectorEventLoop()  # the one that can wait for a socket on every system
    logger.debug("loop=uvloop http=httptools")
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
