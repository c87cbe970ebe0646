"""The client for asyncio."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

import httpx

from service.client.answer import Answer
from service.client.core import Call, Core, Options, Question, TableQuestion
from service.client.model import Model
from service.client.plan import Plan
from service.client.tries import Send, Wait

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")


class AsyncClient:
    """Asks one service. Keeps its connections open between calls; belongs to one event loop.

    Args:
        url: of the service, such as "http://127.0.0.1:8000".
        transport: of httpx, instead of the network.
        sleep: waits for seconds.
        options: see `Options`.

    Raises:
        ClientError: from any call that has no result; see `service.client.errors`.
    """

    def __init__(
        self,
        url: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        **options: Unpack[Options],
    ) -> None:
        self._core = Core(url, **options)
        self._http = httpx.AsyncClient(transport=transport, **self._core.http_options)
        self._sleep = sleep

    async def predict(self, **question: Unpack[Question]) -> Answer:
        """Predictions of all tasks for each row; see `Question`."""
        return await self._run(self._core.predict(**question))

    async def predict_table(self, table: Any, **question: Unpack[TableQuestion]) -> "pa.Table":
        """Predictions for each row of a table of Arrow, or of what Arrow takes for one; see `TableQuestion`."""
        return await self._run(self._core.predict_table(table, **question))

    async def model(self, **call: Unpack[Call]) -> Model:
        """What the service says of its model: features, tasks, utility, limits."""
        return await self._run(self._core.model(**call))

    async def ready(self, **call: Unpack[Call]) -> bool:
        """Whether the service predicts; false while it loads its model or stops."""
        return await self._run(self._core.ready(**call))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _run(self, plan: Plan[T]) -> T:
        steps = self._core.steps(plan, self._http.build_request)
        outcome: httpx.Response | httpx.RequestError | None = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as done:
                result: T = done.value
                return result
            outcome = await self._sent(step) if isinstance(step, Send) else None
            if isinstance(step, Wait):
                await self._sleep(step.seconds)

    async def _sent(self, step: Send) -> httpx.Response | httpx.RequestError:
        try:
            async with asyncio.timeout(step.timeout_s):
                return await self._http.send(step.request)
        except TimeoutError:
            return httpx.ReadTimeout("the time was up", request=step.request)
        except httpx.RequestError as error:
            return error
