"""Whatever ends a benchmark, nothing that it started stays behind."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.child import mortal

pytestmark = pytest.mark.skipif(mortal(["true"]) == ["true"], reason="setpriv of util-linux is not there")
STILL_S = 30.0
CHILD = """
import subprocess, sys, time
from benchmarks.child import mortal
child = subprocess.Popen(mortal([sys.executable, "-c", "import time; time.sleep(600)"]), start_new_session=True)
print(child.pid, flush=True)
time.sleep(600)
"""
SERVER = """
import http.server, subprocess, sys, threading
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid, flush=True)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
BENCHMARK = """
import signal, sys, tempfile, time
from pathlib import Path
from benchmarks.child import unwind_on_sigterm
from benchmarks.served import Served
from benchmarks.serving.http_client import get
signal.signal(signal.SIGINT, signal.default_int_handler)  # what is started in the background begins without it
unwind_on_sigterm()
with tempfile.TemporaryDirectory() as name:
    log = Path(name) / "log"
    with Served(lambda port: [sys.executable, "-c", sys.argv[1], str(port)], get("/"), log) as served:
        print(served.tree.root, log.read_text().split()[0], name, flush=True)
        if sys.argv[2] == "fails":
            raise ValueError("a mistake")
        time.sleep(600)
"""


def is_alive(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def are_gone(processes: list[int]) -> bool:
    give_up = time.monotonic() + STILL_S
    while any(map(is_alive, processes)) and time.monotonic() < give_up:
        time.sleep(0.01)
    return not any(map(is_alive, processes))


@contextmanager
def started(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_child_dies_with_a_parent_that_is_killed() -> None:
    with started(CHILD) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
        assert are_gone([child])


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, "fails"])
def test_a_server_its_children_and_its_files_go_with_the_benchmark(end: signal.Signals | str) -> None:
    with started(BENCHMARK, SERVER, str(end)) as parent:
        assert parent.stdout is not None
        server, its_child, folder = parent.stdout.readline().split()
        if isinstance(end, signal.Signals):
            assert is_alive(int(its_child))
            parent.send_signal(end)
        assert are_gone([int(server), int(its_child)])
        assert are_gone([parent.pid])
        assert parent.wait() != 0
        assert not Path(folder).exists()
