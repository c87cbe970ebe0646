"""The supervisor: loads the model once, forks workers that share it, and keeps so many of them running."""

import logging
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from service.loaded import name_and_version
from service.refusal import StartRefused
from service.settings import Settings
from service.shared_metrics import forget_gauges
from service.workers.board import Board
from service.workers.colleagues import Colleagues
from service.workers.first import First, in_memory_to_share
from service.workers.folder import metrics_folder
from service.workers.process import WorkerProcess
from service.workers.restarts import Restarts
from service.workers.telemetry import SUPERVISOR, Telemetry
from service.workers.worker import STOP_MARGIN_S, Shared

_STOPPING = frozenset({signal.SIGTERM, signal.SIGINT})
_HEARD = _STOPPING | {signal.SIGCHLD}
_SOON_S, _LATER_S = 0.02, 1.0
"""How often it looks at its workers while they start, and while nothing happens."""
_logger = logging.getLogger(__name__)


def supervise(settings: Settings, listener: socket.socket, url: str) -> None:
    """Serve with several workers until SIGTERM or SIGINT.

    Raises:
        StartRefused: workers cannot be forked here, do not serve, or do not stay alive.
        CheckpointError: the model cannot be served.
    """
    if not hasattr(os, "fork"):
        raise StartRefused(
            "several workers need an operating system that can fork; this one cannot: leave --workers at 1, and start "
            "more processes on ports of their own"
        )
    loaded = in_memory_to_share(settings)
    told = name_and_version(loaded.manifest if loaded else None)
    first = First(loaded)
    del loaded
    with metrics_folder() as folder, _hearing(), Supervisor(settings, listener, first, folder) as supervisor:
        if supervisor.start():
            _logger.info("serving url=%s model=%s version=%s workers=%d", url, *told, settings.workers)
            supervisor.watch()


class Supervisor:
    """Workers by their number; leaving the block stops them all.

    Args:
        settings: of the service.
        listener: the socket that workers share.
        first: the version to begin with.
        folder: of the metrics.
    """

    def __init__(self, settings: Settings, listener: socket.socket, first: First, folder: Path) -> None:
        lifeline, self._end_of_life = os.pipe()
        board, colleagues = Board(settings.workers), Colleagues(settings.workers)
        self._shared = Shared(settings, listener, first, board, colleagues, folder, lifeline)
        self._telemetry = Telemetry(folder)
        self._alive: dict[int, WorkerProcess] = {}
        self._due: dict[int, float] = {}
        self._restarts = [Restarts() for _ in range(settings.workers)]

    def __enter__(self) -> "Supervisor":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def start(self) -> bool:
        """Start all workers and wait until they serve; False where a signal said to stop before.

        Raises:
            StartRefused: one does not serve.
        """
        for number in range(self._shared.settings.workers):
            self._fork(number)
        while self._shared.board.num_serving < self._shared.settings.workers:
            if _heard_within(_SOON_S) in _STOPPING:
                return False
            for worker, status in self._ended():
                raise StartRefused(
                    worker.last_words()
                    or f"a worker serves once it is started; found that one {_told(status)}: "
                    f"what it logged above says why"
                )
        return True

    def watch(self) -> None:
        """Keep the workers running until a signal says to stop.

        Raises:
            StartRefused: one dies again and again.
        """
        while _heard_within(self._until_next()) not in _STOPPING:
            for worker, status in self._ended():
                self._bury(worker, status)
            for number in [number for number, due in self._due.items() if due <= monotonic()]:
                del self._due[number]
                self._telemetry.restarts.inc()
                self._fork(number)
            if self._shared.first and self._shared.colleagues.have_swapped:
                self._shared.first.let_go()
            self._telemetry.workers.set(self._shared.board.num_serving)
            self._telemetry.look(
                {SUPERVISOR: os.getpid()} | {str(number): worker.pid for number, worker in self._alive.items()}
            )

    def _fork(self, number: int) -> None:
        self._alive[number] = WorkerProcess(self._shared, number, not_its_own=[self._end_of_life])

    def _ended(self) -> Iterator[tuple[WorkerProcess, int]]:
        """Workers that ended since, and how; they are alive no more."""
        for worker in list(self._alive.values()):
            status = worker.status()
            if status is not None:
                del self._alive[worker.number]
                self._shared.board.starting(worker.number)
                self._shared.colleagues.left(worker.number)
                forget_gauges(str(worker.number), self._shared.metrics)
                yield worker, status

    def _bury(self, worker: WorkerProcess, status: int) -> None:
        words = worker.last_words()
        # It found nothing to serve, a store did not answer perhaps: no reason to end those that serve.
        is_missed = not words or self._shared.board.num_serving == 0
        pause_s = self._restarts[worker.number].after(monotonic() - worker.started_at, may_give_up=is_missed)
        if pause_s is None:
            raise StartRefused(
                f"a worker stays alive; found that worker {worker.number} {_told(status)} again and again"
                f"{f' ({words})' if words else ''}: what it logged above says why"
            )
        _logger.error(
            "worker died worker=%d pid=%d how=%r restart_in_s=%.1f %s",
            *(worker.number, worker.pid, _told(status), pause_s, words),
        )
        self._due[worker.number] = monotonic() + pause_s

    def _until_next(self) -> float:
        """Seconds until something has to be done that no signal tells."""
        if self._shared.board.num_serving < len(self._alive):
            return _SOON_S
        return min([_LATER_S, *(max(0.0, due - monotonic()) for due in self._due.values())])

    def _stop(self) -> None:
        """Let the workers answer what they have accepted, and end those that do not end by themselves."""
        self._shared.listener.close()
        self._send(signal.SIGTERM)
        latest = monotonic() + self._shared.settings.shutdown_grace_s + STOP_MARGIN_S
        while self._alive:
            if _heard_within(_SOON_S) == signal.SIGINT or monotonic() > latest:
                _logger.error("workers are killed: %s", ", ".join(map(str, self._alive)))
                self._send(signal.SIGKILL)
                latest = float("inf")
            for worker, _ in self._ended():
                worker.last_words()
        os.close(self._end_of_life)
        os.close(self._shared.lifeline)
        self._shared.colleagues.close()

    def _send(self, number: signal.Signals) -> None:
        for worker in self._alive.values():
            worker.send(number)


@contextmanager
def _hearing() -> Iterator[None]:
    """Let signals wait until they are asked for."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _heard_within(timeout_s: float) -> int | None:
    """The signal that comes first; None where none comes in time."""
    found = signal.sigtimedwait(_HEARD, timeout_s)
    return None if found is None else found.si_signo


def _told(status: int) -> str:
    """How a process ended, in words."""
    return f"ended with exit code {status}" if status >= 0 else f"was ended by {signal.Signals(-status).name}"
