"""The real `threefold serve` in processes of its own, and what a test does with them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

MAIN = """
import typer
from models import cli
from service.cli import register
app = typer.Typer(pretty_exceptions_enable=False)
app.callback()(lambda: None)
register(app)
cli.build = lambda: app
cli.main()
"""
"""The `threefold` command with this side's commands only."""
COMMAND = [sys.executable, "-c", MAIN, "serve"]
HEADERS = {"Content-Type": "application/json"}


def start(*options: str) -> subprocess.Popen[str]:
    """A process that may not start; its standard error is read by the test."""
    return subprocess.Popen([*COMMAND, *options], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@dataclass
class Served:
    """A service that runs, and the file that its log goes to."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.url.removeprefix("http://").split(":")
        return host, int(port)

    def workers(self) -> list[int]:
        """Process ids of the processes below it."""
        pid = self.process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def metric(self, name: str, **labels: str) -> float:
        """The value of a metric, as any process tells it; 0 where there is none."""
        wanted = ",".join(f'{key}="{value}"' for key, value in labels.items())
        line = f"{name}{{{wanted}}} " if wanted else f"{name} "
        found = [row for row in httpx.get(f"{self.url}/metrics").text.splitlines() if row.startswith(line)]
        return float(found[0].rpartition(" ")[2]) if found else 0.0

    def stop(self) -> str:
        """End it as an operator would; its log."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, self.log.read_text()
        return self.log.read_text()


@contextmanager
def served(folder: Path, *options: str, prelude: str = "") -> Iterator[Served]:
    """A service that answers, with its log below the folder; killed at the end where it still runs.

    Args:
        folder: of its log and of its temporary files.
        options: of `threefold serve`.
        prelude: Python that runs before it in the same process.
    """
    log = folder / "service.log"
    command = [sys.executable, "-c", prelude + MAIN, "serve", "--port", "0", *options]
    environment = os.environ | {"TMPDIR": str(folder)}
    with log.open("wb") as file, subprocess.Popen(command, stderr=file, env=environment) as process:
        try:
            yield Served(process, _url(process, log), log)
        finally:
            process.kill()


def _url(process: subprocess.Popen[bytes], log: Path) -> str:
    found: list[str] = []

    def is_there() -> bool:
        assert process.poll() is None, log.read_text()
        found.extend(re.findall(r"serving url=(http://\S+)", log.read_text()))
        return bool(found)

    wait_for(is_there, 60)
    return found[0]


def ask(client: httpx.Client, body: object) -> bytes:
    """The predictions of a body, as their bytes."""
    response = client.post("/predict", content=json.dumps(body), headers=HEADERS)
    assert response.status_code == 200, response.text
    return response.content.partition(b'"predictions":')[2]


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and that nobody asked about does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def is_refused(address: tuple[str, int]) -> bool:
    """Whether nobody listens there."""
    try:
        socket.create_connection(address, timeout=1).close()
    except ConnectionRefusedError:
        return True
    return False


def wait_for(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
