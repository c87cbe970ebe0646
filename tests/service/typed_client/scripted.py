"""A service that does what a script says, in a time that passes only where the script says so."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from service.client import Answer, AsyncClient, Client, Retries

ANSWER = {"model": "m", "version": "v", "request_id": "r", "predictions": {"click": [0.25, 0.5]}}
URL = "http://service:8000"


def problem(status: int, kind: str, **members: Any) -> dict[str, Any]:
    """A problem document of the service."""
    urn = f"urn:problem-type:threefold:{kind}"
    told = {"title": "t", "detail": f"about {kind}", "instance": "/predict", "request_id": "r"}
    return {"type": urn, "status": status, **told, **members}


@dataclass(frozen=True)
class Act:
    """What happens to one request: the service works for so long, then answers, or the connection breaks."""

    work_s: float = 0.0
    status: int | None = 200
    retry_after: int | None = None

    @property
    def response(self) -> httpx.Response:
        assert self.status is not None
        if self.status == 200:
            return httpx.Response(200, json=ANSWER)
        headers = {"Content-Type": "application/problem+json"}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        document = problem(self.status, f"kind-{self.status}", row=3, field="price")
        return httpx.Response(self.status, content=json.dumps(document), headers=headers)


@dataclass
class World:
    """The service, the time, and all that happened; after the last act of the script all goes well.

    Attributes:
        script: one act a request.
        draws: what chance brings, over and over.
        now: seconds.
        requests: with the time at which each came.
        waits: that the client made.
    """

    script: Sequence[Act] = ()
    draws: Sequence[float] = (0.5,)
    now: float = 1000.0
    requests: list[tuple[float, httpx.Request]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    num_draws: int = 0

    def draw(self) -> float:
        self.num_draws += 1
        return self.draws[(self.num_draws - 1) % len(self.draws)]

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Keeps to the limit that the client sets, as a network does."""
        number = len(self.requests)
        self.requests.append((self.now, request))
        act = self.script[number] if number < len(self.script) else Act()
        allowed_s = request.extensions["timeout"].get("read")
        if act.work_s > allowed_s:
            self.now += allowed_s
            raise httpx.ReadTimeout("too slow", request=request)
        self.now += act.work_s
        if act.status is None:
            raise httpx.ConnectError("refused", request=request)
        return act.response

    def blocking(self, **options: Any) -> Client:
        transport = httpx.MockTransport(self.handle)
        return Client(URL, transport=transport, sleep=self.sleep, clock=lambda: self.now, draw=self.draw, **options)

    def predict(self, kind: str, timeout_s: float, retries: Retries) -> Answer:
        """One call by the client of this kind."""
        if kind == "blocking":
            with self.blocking(retries=retries) as client:
                return client.predict(instances=[{}, {}], timeout_s=timeout_s)
        return asyncio.run(self._predict(timeout_s, retries))

    async def _predict(self, timeout_s: float, retries: Retries) -> Answer:
        asked = {"clock": lambda: self.now, "draw": self.draw, "retries": retries}
        transport = httpx.MockTransport(self.handle)
        async with AsyncClient(URL, transport=transport, sleep=self.sleep_async, **asked) as client:  # type: ignore[arg-type]
            return await client.predict(instances=[{}, {}], timeout_s=timeout_s)
