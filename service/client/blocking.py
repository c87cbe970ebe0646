"""The client for code that waits."""

import time
from collections.abc import Callable
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


class Client:
    """Asks one service. Keeps its connections open between calls; may be used by several threads.

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
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        **options: Unpack[Options],
    ) -> None:
        self._core = Core(url, **options)
        self._http = httpx.Client(transport=transport, **self._core.http_options)
        self._sleep = sleep

    def predict(self, **question: Unpack[Question]) -> Answer:
        """Predictions of all tasks for each row; see `Question`."""
        return self._run(self._core.predict(**question))

    def predict_table(self, table: Any, **question: Unpack[TableQuestion]) -> "pa.Table":
        """Predictions for each row of a table of Arrow, or of what Arrow takes for one; see `TableQuestion`."""
        return self._run(self._core.predict_table(table, **question))

    def model(self, **call: Unpack[Call]) -> Model:
        """What the service says of its model: features, tasks, utility, limits."""
        return self._run(self._core.model(**call))

    def ready(self, **call: Unpack[Call]) -> bool:
        """Whether the service predicts; false while it loads its model or stops."""
        return self._run(self._core.ready(**call))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, plan: Plan[T]) -> T:
        steps = self._core.steps(plan, self._http.build_request)
        outcome: httpx.Response | httpx.RequestError | None = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as done:
                result: T = done.value
                return result
            outcome = self._sent(step) if isinstance(step, Send) else None
            if isinstance(step, Wait):
                self._sleep(step.seconds)

    def _sent(self, step: Send) -> httpx.Response | httpx.RequestError:
        try:
            return self._http.send(step.request)
        except httpx.RequestError as error:
            return error
