"""A server on the server's core: started, awaited, and ended with all that it started."""

import asyncio
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.serving.http_client import Answer, connected
from benchmarks.serving.ports import free_port
from benchmarks.serving.process_tree import MARK, ProcessTree
from benchmarks.serving.system import System

ROOT = Path(__file__).parent.parent.parent
SERVER_CORE, CLIENT_CORE = 0, 1
START_SECONDS = 90.0
LAST_LINES = 12
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


class NotStartedError(RuntimeError):
    """A server ended, or did not answer in time; the last lines that it wrote are the text."""


class Running:
    """A server that answers, until the block ends.

    Args:
        command: of the port, makes the words that start it.
        probe: a request that it answers with 200 once it is ready.
        log: a file that takes what it writes.
        environment: beside ours.
    """

    def __init__(
        self, command: Callable[[int], Sequence[str]], probe: bytes, log: Path, environment: Mapping[str, str]
    ) -> None:
        self._command = command
        self._probe = probe
        self._log = log
        self._environment = environment

    def __enter__(self) -> Self:
        self.port = free_port()
        mark = secrets.token_hex(8)
        told = {**os.environ, "PYTHONPATH": str(ROOT), **ONE_THREAD, **self._environment, MARK: mark}
        with self._log.open("w", encoding="utf-8") as lines:
            self._process = subprocess.Popen(
                ["taskset", "--cpu-list", str(SERVER_CORE), *self._command(self.port)],
                cwd=self._log.parent, env=told, stdin=subprocess.DEVNULL, stdout=lines, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        self.tree = ProcessTree(self._process.pid, mark)
        try:
            self._wait()
        except BaseException:
            self._end()
            raise
        self.tree.pin(SERVER_CORE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    @property
    def has_ended(self) -> bool:
        """Whether the process that was started is gone."""
        return self._process.poll() is not None

    def ask(self, message: bytes) -> Answer:
        """One request on a connection of its own."""
        return asyncio.run(_asked(self.port, message))

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        found = "no answer"
        while time.monotonic() < deadline and not self.has_ended:
            try:
                answer = self.ask(self._probe)
            except (OSError, TimeoutError) as error:
                found = str(error)
            else:
                if answer.status == 200:
                    return
                found = f"status {answer.status}: {answer.body[:300]!r}"
            time.sleep(0.25)
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
        raise NotStartedError("\n".join([*lines, found]))

    def _end(self) -> None:
        self.tree.stop(self._process.poll)
        self._process.wait()


def started(system: System, checkpoint: Path, probe: bytes, folder: Path) -> Running:
    """The server of a system; what it writes goes into a file of the folder."""
    log = folder / f"{len(list(folder.iterdir()))}.log"
    return Running(lambda port: system.command(checkpoint, port), probe, log, system.environment(checkpoint))


async def _asked(port: int, message: bytes) -> Answer:
    connection = await connected(port)
    try:
        return await asyncio.wait_for(connection.ask(message), timeout=30)
    finally:
        connection.close()
