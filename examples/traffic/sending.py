"""Requests at a set rate, whether the service keeps up with it or not: an open loop, as users are."""

import asyncio
import time
from collections.abc import Iterator

from service.client import AsyncClient, ClientError, Model
from traffic.questions import Question
from traffic.tally import Tally

MOST_OPEN = 256
"""Requests without an answer; further ones are counted and not sent, so that a service that hangs fills no memory."""
READY_POLL_S = 1.0


class Sender:
    """Sends questions and counts what comes of them; `tally` may be replaced at any time."""

    def __init__(self, client: AsyncClient, rate: float) -> None:
        self.tally = Tally()
        self._client = client
        self._rate = rate

    async def send(self, asked: Iterator[Question], stop: asyncio.Event) -> int:
        """Ask at the rate, in requests a second, to the end or until it is to stop; the number of questions met."""
        clock, open_tasks, count = asyncio.get_running_loop().time, set[asyncio.Task[None]](), 0
        due = clock()
        for question in asked:
            count += 1
            due = max(due + 1 / self._rate, clock() - 1)  # after a pause of its own, no burst of more than a second
            await asyncio.sleep(max(0.0, due - clock()))
            if stop.is_set():
                break
            if len(open_tasks) >= MOST_OPEN:
                self.tally.unsent += 1
                continue
            task = asyncio.create_task(self._ask(question))
            open_tasks.add(task)
            task.add_done_callback(open_tasks.discard)
        if open_tasks:
            await asyncio.wait(open_tasks)
        return count

    async def _ask(self, question: Question) -> None:
        begin = time.perf_counter()
        try:
            answer = await self._client.predict(context=question.context, candidates=question.candidates)
        except ClientError as error:
            self.tally.failures[type(error).__name__] += 1
        else:
            self.tally.answered(answer.version, len(answer), 1_000 * (time.perf_counter() - begin))


async def model_when_ready(client: AsyncClient, stop: asyncio.Event) -> Model | None:
    """The model, as soon as the service predicts; None if it is to stop before."""
    while not stop.is_set():
        try:
            if await client.ready():
                return await client.model()
        except ClientError:
            pass  # it has not started yet
        await asyncio.sleep(READY_POLL_S)
    return None
