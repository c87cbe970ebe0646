"""What is predicted when: one batch a turn of the event loop, so that all else is answered between two batches."""

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic

from service.batching.forward import Forward
from service.batching.job import Job, too_late
from service.batching.pace import Pace
from service.batching.watcher import Nobody, Watcher
from service.refusal import CLIENT_GONE, Refusal


class Turns:
    """A queue in the order of arrival, and the turns that work it off.

    A turn takes one large request, or several small ones that are there anyway. A request of more than
    `max_batch_rows` goes back to the end of the queue after each slice. Used from the event loop only: no lock.

    Args:
        forward: what predicts.
        max_batch_rows: of one turn.
        small_rows: requests of at most so many rows are predicted together.
        max_delay_s: how long a small request may wait for others that are being received; it never waits for others
            that may come.
        num_open: requests anywhere between their first byte and their answer.
        pace: where to note how fast rows are predicted.
    """

    def __init__(
        self,
        forward: Forward,
        max_batch_rows: int,
        small_rows: int,
        max_delay_s: float,
        num_open: Callable[[], int],
        pace: Pace | None = None,
    ) -> None:
        self.forward = forward
        self.pace = pace or Pace()
        self.watcher: Watcher = Nobody()
        self._max_batch_rows = max_batch_rows
        self._small_rows = min(small_rows, max_batch_rows)
        self._max_delay_s = max_delay_s
        self._num_open = num_open
        self._num_here = 0
        self._waiting: deque[Job] = deque()
        self._handle: asyncio.Handle | None = None
        self._busy_since: float | None = None

    async def outcome(self, job: Job) -> Job:
        """The job, predicted.

        Raises:
            Refusal: it was too late, its client left, or a prediction is not finite.
        """
        job.future = asyncio.get_running_loop().create_future()
        self._waiting.append(job)
        self._busy_since = self._busy_since or job.queued_at
        self._num_here += 1
        self._wake()
        try:
            await job.future
        finally:
            self._num_here -= 1
        return job

    def _wake(self) -> None:
        """See to it that a turn comes next, even where one was put off: a new job may have filled its batch."""
        if isinstance(self._handle, asyncio.TimerHandle):
            self._handle.cancel()
            self._handle = None
        if self._handle is None:
            self._handle = asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._handle = None
        group = self._next_group()
        if group and (delay := self._delay(group)) > 0:
            self._waiting.extendleft(reversed(group))
            self._handle = asyncio.get_running_loop().call_later(delay, self._turn)
            return
        if group:
            self._predict(group)
        if self._waiting:
            self._wake()
        else:
            self._busy_since = None

    def _next_group(self) -> list[Job]:
        """The oldest job that is still wanted, and what is predicted with it."""
        group: list[Job] = []
        num_rows = 0
        while self._waiting:
            job = self._waiting[0]
            if self._dropped(job):
                self._waiting.popleft()
                continue
            is_small = job.num_rows <= self._small_rows
            if group and (not is_small or num_rows + job.num_rows > self._max_batch_rows):
                break
            group.append(self._waiting.popleft())
            num_rows += job.num_rows
            if not is_small:
                break
        return group

    def _dropped(self, job: Job) -> bool:
        """Whether nobody wants the job any more; whoever waits for it is told why."""
        if job.is_over:  # its task was cancelled
            self.watcher.client_left()
        elif job.gone():
            self.watcher.client_left()
            job.fail(Refusal(CLIENT_GONE, "an answer goes to a client that waits; found the connection closed"))
        elif job.is_late(monotonic()):
            self.watcher.deadline_missed("queue")
            job.fail(too_late("it passed while the request waited"))
        return job.is_over

    def _delay(self, group: list[Job]) -> float:
        """Seconds that these jobs should wait for those being received."""
        if not self._max_delay_s or group[0].num_rows > self._small_rows or self._num_open() <= self._num_here:
            return 0.0
        if sum(job.num_rows for job in group) >= self._max_batch_rows or self._waiting:
            return 0.0
        oldest = group[0].queued_at + self._max_delay_s
        return min([oldest, *(job.deadline for job in group if job.deadline is not None)]) - monotonic()

    def _predict(self, group: list[Job]) -> None:
        started = monotonic()
        for job in group:
            job.seconds.setdefault("wait", started - job.queued_at)
        num_rows = self._predict_alone(group[0]) if len(group) == 1 else self._predict_together(group)
        ended = monotonic()
        if num_rows and self._busy_since is not None:
            self.pace.note(num_rows, ended - self._busy_since)
        self._busy_since = ended
        for job in group:
            self._hand_over(job, ended)

    def _predict_alone(self, job: Job) -> int:
        try:
            num_rows = self.forward.alone(job, self._max_batch_rows)
        except Exception as error:
            job.fail(error)
            return 0
        self.watcher.batch_done(1, num_rows)
        return num_rows

    def _predict_together(self, group: list[Job]) -> int:
        try:
            num_rows = self.forward.together(group)
        except Exception:
            # One of them may be to blame: each alone, so that only that one fails.
            return sum(self._predict_alone(job) for job in group)
        self.watcher.batch_done(len(group), num_rows)
        return num_rows

    def _hand_over(self, job: Job, now: float) -> None:
        if job.is_over:
            return
        if job.is_late(now):
            self.watcher.deadline_missed("predicted")
            job.fail(too_late("it passed while the rows were predicted"))
        elif job.num_done < job.num_rows:
            self._waiting.append(job)
        else:
            job.finish()
