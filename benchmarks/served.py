"""A server as a process: started, awaited, and ended with all that it started."""

import asyncio
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.child import mortal
from benchmarks.commands import words
from benchmarks.serving.http_client import Answer, connected, get
from benchmarks.serving.ports import free_port
from benchmarks.serving.process_tree import MARK, ProcessTree

START_SECONDS = 120.0
LOOK_SECONDS = 0.05
LAST_LINES = 20


class NotStartedError(RuntimeError):
    """A server ended, or did not answer in time; the last lines that it wrote are the text."""


class Served:
    """A server that answers, until the block ends.

    Args:
        command: of the port, makes the words that start it.
        probe: a request that it answers with 200 once it is ready.
        log: a file that takes what it writes; its folder is where it runs.
        environment: beside ours.

    Attributes:
        port: where it listens.
        tree: all of its processes.
        start_seconds: from its start to the probe's answer.
    """

    def __init__(
        self,
        command: Callable[[int], Sequence[str]],
        probe: bytes,
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._command = command
        self._probe = probe
        self._log = log
        self._environment = environment or {}

    def __enter__(self) -> Self:
        self.port = free_port()
        mark, began = secrets.token_hex(8), time.monotonic()
        with self._log.open("w", encoding="utf-8") as lines:
            self._process = subprocess.Popen(
                mortal(self._command(self.port), "TERM"),
                cwd=self._log.parent, env={**os.environ, **self._environment, MARK: mark},
                stdin=subprocess.DEVNULL, stdout=lines, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.tree = ProcessTree(self._process.pid, mark)
        try:
            self._wait()
        except BaseException:
            self._end()
            raise
        self.start_seconds = time.monotonic() - began
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
            time.sleep(LOOK_SECONDS)
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
        raise NotStartedError("\n".join([*lines, found]))

    def _end(self) -> None:
        self.tree.stop(self._process.poll)
        self._process.wait()


def threefold_serve(log: Path, *options: object, environment: Mapping[str, str] | None = None) -> Served:
    """`threefold serve` with options, once it is ready."""
    return Served(lambda port: words("serve", "--port", port, *options), get("/readyz"), log, environment)


async def _asked(port: int, message: bytes) -> Answer:
    connection = await connected(port)
    try:
        return await asyncio.wait_for(connection.ask(message), timeout=30)
    finally:
        connection.close()
