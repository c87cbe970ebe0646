"""Sees to it that the version which the channel points at is the one that serves."""

import asyncio
import logging
from collections.abc import Coroutine
from time import monotonic

from fastapi import FastAPI

from models.atomic import remove_unfinished
from models.errors import ThreefoldError
from service.collector import collected_once, give_back_memory
from service.hashes import remember_few
from service.loaded import load
from service.model_card import FollowingCard
from service.swapping.attempts import Attempts, Failure
from service.swapping.background import Background
from service.swapping.channel import Channel
from service.swapping.company import Company
from service.swapping.making import made_of
from service.swapping.metrics import SwapMetrics
from service.swapping.serving import Serving

LISTEN_S = 0.1
"""How often a process hears whether another one was asked to look."""
_DRAINED_S = 0.02
_LAST_LOAD_S = 5.0
"""How long a service that ends waits for a load; a store may not answer for much longer."""
_logger = logging.getLogger(__name__)


class Follower:
    """Of one process.

    Args:
        app: whose `state.serving` it swaps.
        channel: that it follows.
        metrics: of swaps.
        company: processes that follow the same channel.

    Attributes:
        wanted: the version that the channel points at, as far as is known.
    """

    def __init__(self, app: FastAPI, channel: Channel, metrics: SwapMetrics, company: Company) -> None:
        self.wanted: str | None = None
        self._app = app
        self._channel = channel
        self._metrics = metrics
        self._company = company
        self._attempts = Attempts()
        self._silence: str | None = None
        self._is_over = False
        self._one_at_a_time = asyncio.Lock()
        self._num_heard = company.num_asked()
        self._background = Background()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def problem(self) -> str | None:
        """Why what is wanted does not serve, or why nobody knows what is; None where all is well."""
        failure = self._attempts.failure
        return self._silence or (failure.reason if failure else None)

    @property
    def card(self) -> FollowingCard:
        """What `GET /model` says of it."""
        return FollowingCard(channel=self._channel.name, wanted=self.wanted, problem=self.problem)

    async def start(self) -> None:
        """Look, and from now on again and again."""
        await self.look()
        self._keep(self._look_on())

    async def stop(self) -> None:
        """Look no more, and leave nothing half fetched."""
        self._is_over = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if not self._background.close(_LAST_LOAD_S):
            remove_unfinished()

    async def _look_on(self) -> None:
        poll_s = self._app.state.settings.poll_s
        next_look = monotonic() + poll_s
        while True:
            await asyncio.sleep(min(LISTEN_S, poll_s))
            is_asked = self._company.num_asked() != self._num_heard
            if is_asked or monotonic() >= next_look:
                await self.look(asked=is_asked)
                next_look = monotonic() + poll_s

    async def reload(self) -> None:
        """Look now, here and in all other processes, and try again what failed before."""
        self._company.ask()
        await self.look(asked=True)

    async def look(self, *, asked: bool = False) -> None:
        """See what is wanted, and serve it if it is not served already.

        Args:
            asked: somebody asks for it: what failed before is tried again.
        """
        async with self._one_at_a_time:
            self._num_heard = self._company.num_asked()
            if await self._knows_what_is_wanted(asked):
                if self.wanted is None:
                    self._attempts.succeeded()
                else:
                    await self._serve(self.wanted, asked)
            self._metrics.stands(self._attempts.failure)

    async def _knows_what_is_wanted(self, asked: bool) -> bool:
        try:
            self.wanted = await self._background.done(lambda: self._channel.wanted(anew=asked))
        except Exception as error:  # whatever is wrong with a registry, the version that serves goes on
            if str(error) != self._silence:
                _log("the registry does not say what to serve, so nothing changes: %s", error)
            self._silence = str(error)
            self._metrics.registry_silent()
            return False
        self._silence = None
        self._metrics.wants(self.wanted)
        return True

    async def _serve(self, version: str, asked: bool) -> None:
        before: Serving | None = self._app.state.serving
        if before is not None and before.version == version:
            self._attempts.succeeded()
        elif asked or self._attempts.may_try(version, monotonic()):
            started = monotonic()
            try:
                made = await self._background.done(lambda: self._made(version))
            except Exception as error:  # whatever is wrong with a version, the one that serves goes on
                _log(f"version={version} is wanted and cannot be served, so nothing changes: %s", error)
                self._metrics.attempt_failed()
                self._attempts.failed(Failure.of(version, error), monotonic())
                return
            self._swap(made)
            self._attempts.succeeded()
            self._metrics.swapped(monotonic() - started)
            _logger.info(
                "swapped version=%s before=%s seconds=%.2f",
                *(version, before and before.version, monotonic() - started),
            )

    def _made(self, version: str) -> Serving:
        """The version, ready to serve. Not on the event loop."""
        with self._company.turn():
            if self._is_over:  # while others had their turn
                raise ThreefoldError("a version is loaded while the service runs; found that it stops")
            with collected_once():
                return self._compiled(version)

    def _compiled(self, version: str) -> Serving:
        loaded = load(self._channel.place_of(version))
        if loaded.manifest.version != version:
            raise ThreefoldError(
                f"a registry's folder holds the version that it is named by; found {loaded.manifest.version} in "
                f"{version}: publish it again"
            )
        if self._app.state.settings.workers > 1:
            remember_few(loaded.predictor.encoder)
        loaded.predictor.encoder.prepare()
        return made_of(loaded, self._app)

    def _swap(self, made: Serving) -> None:
        """From here on requests begin on another version; those under way end on theirs."""
        state = self._app.state
        before: Serving | None = state.serving
        state.metrics.watch(made.engine)
        state.serving = made
        self._company.serves(made.version)
        if before is not None:
            self._keep(self._retire(before))

    async def _retire(self, old: Serving) -> None:
        """Let the version go once its last request is answered."""
        while old.engine.num_users:
            await asyncio.sleep(_DRAINED_S)
        del old
        await self._background.done(give_back_memory)

    def _keep(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _log(text: str, error: Exception) -> None:
    """What nobody foresaw is logged with its trace."""
    _logger.error(text, error, exc_info=None if isinstance(error, ThreefoldError | OSError) else error)
