"""APScheduler between a timetable and its runs: begins them, never two at once, until a signal says stop."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event
from types import FrameType

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from training.scheduling.runs import Runs
from training.scheduling.timetable import Timetable


class Clockwork:
    """Begins the runs of a timetable while the block runs.

    Args:
        timetable: when they are planned.
        runs: what is begun.
        at_once: begin one now, before the first that is planned.
    """

    def __init__(self, timetable: Timetable, runs: Runs, *, at_once: bool) -> None:
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # what it would warn of is told by the runs
        self._runs = runs
        self._scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(1)})
        self._scheduler.add_listener(self._overlapped, EVENT_JOB_MAX_INSTANCES)
        now = datetime.now(UTC)
        self._scheduler.add_job(
            runs.run,
            timetable,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,  # late is better than not: after a suspended machine wakes up, say
            next_run_time=now if at_once else timetable.next_after(now),
        )

    @contextmanager
    def going(self) -> Iterator[None]:
        """Begin runs; at the end of the block the one that goes on is ended."""
        self._scheduler.start()
        try:
            yield
        finally:
            self._scheduler.pause()
            self._runs.stop()
            self._scheduler.shutdown(wait=True)

    def is_alive(self) -> bool:
        """Whether runs would be begun."""
        thread = self._scheduler._thread
        return bool(self._scheduler.running and thread is not None and thread.is_alive())

    def _overlapped(self, event: JobEvent) -> None:
        self._runs.skip()


@contextmanager
def stop_signals() -> Iterator["StopSignal"]:
    """While the block runs, SIGTERM and SIGINT are noted instead of ending the process."""
    noted = StopSignal()
    before = {number: signal.signal(number, noted.note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class StopSignal:
    """The first signal that asked to stop."""

    def __init__(self) -> None:
        self._noted = Event()
        self.number: int | None = None

    def note(self, number: int, frame: FrameType | None) -> None:
        """A signal has come."""
        if self.number is None:
            self.number = number
        self._noted.set()

    def wait(self) -> int:
        """Wait for a signal, and say which."""
        self._noted.wait()
        assert self.number is not None
        return self.number
