"""A service that follows a channel, as a process."""

import json
import secrets
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.end_to_end.commands import told, words
from benchmarks.serving.ports import free_port
from benchmarks.serving.process_tree import MARK, ProcessTree
from benchmarks.serving.running import NotStartedError

START_SECONDS = 120.0
LAST_LINES = 20


class Service:
    """`threefold serve` of a registry's channel, until the block ends.

    Args:
        registry: whose channel `production` it follows.
        log: a file that takes what it writes.
        workers: processes that serve.
        poll_s: seconds between two looks at the channel.
    """

    def __init__(self, registry: Path, log: Path, workers: int = 1, poll_s: float = 0.5) -> None:
        self._options = {"registry": registry, "workers": workers, "poll-s": poll_s}
        self._log = log
        self.port = free_port()

    def __enter__(self) -> Self:
        mark = secrets.token_hex(8)
        options = [text for name, value in self._options.items() for text in (f"--{name}", str(value))]
        with self._log.open("w", encoding="utf-8") as lines:
            self._process = subprocess.Popen(
                words("serve", "--port", self.port, *options),
                env=told({MARK: mark}), stdin=subprocess.DEVNULL, stdout=lines, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        self._tree = ProcessTree(self._process.pid, mark)
        try:
            self._wait()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    @property
    def version(self) -> str:
        """What the worker that we happen to reach serves."""
        return str(self._get("/model")["version"])

    def said(self) -> str:
        """What it wrote so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return json.loads(answer.read())

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self._get("/model")
            except (OSError, urllib.error.URLError):
                time.sleep(0.2)
            else:
                return
        raise NotStartedError("\n".join(self.said().splitlines()[-LAST_LINES:]))

    def _end(self) -> None:
        self._tree.stop(self._process.poll)
        self._process.wait()
