"""Several processes follow one channel: all swap, nothing is lost, and a new one begins where the others are."""

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from service.swapping.keys import new_key
from service.workers.colleagues import Colleagues
from tests.service.processes import Served, served, wait_for
from tests.service.swapping.versions import Versions

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
NUM_WORKERS, NUM_CLIENTS = 2, 6
KEY, DIGEST = new_key()
BODY: dict[str, Any] = {"instances": [{}]}


@pytest.fixture
def service(versions: Versions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("THREEFOLD_ADMIN_KEY_SHA256", DIGEST)
    options = ["--registry", str(versions.folder), "--workers", str(NUM_WORKERS), "--poll-s", "0.2"]
    with served(tmp_path, *options) as found:
        yield found
        log = found.stop()
        assert "Traceback" not in log
        assert KEY not in log


class Traffic:
    """Clients that keep a connection each, and ask one request after the other."""

    def __init__(self, service: Served) -> None:
        self.latest = [""] * NUM_CLIENTS
        self.seen: list[list[str]] = [[] for _ in range(NUM_CLIENTS)]
        self._service = service
        self._stop = Event()

    def __enter__(self) -> "Traffic":
        self._stack = ExitStack()
        pool = self._stack.enter_context(ThreadPoolExecutor(NUM_CLIENTS))
        self._clients = [pool.submit(self._ask, number) for number in range(NUM_CLIENTS)]
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._stack.close()

    def check(self) -> None:
        """See that no request was lost so far."""
        for each in self._clients:
            if each.done():
                each.result()

    def all_follow(self, version: str) -> bool:
        """Whether every connection was answered by the version last."""
        self.check()
        return set(self.latest) == {version}

    def _ask(self, number: int) -> None:
        with httpx.Client(base_url=self._service.url, timeout=30) as client:
            while not self._stop.wait(0.01):
                answer = client.post("/predict", json=BODY)
                assert answer.status_code == 200, answer.text
                self.latest[number] = answer.json()["version"]
                if self.seen[number][-1:] != [self.latest[number]]:
                    self.seen[number].append(self.latest[number])


def test_a_swap_and_a_rollback_reach_every_worker(versions: Versions, service: Served) -> None:
    first, second = versions.champion, versions.add(seed=2)
    with Traffic(service) as traffic:
        wait_for(lambda: traffic.all_follow(first), 30)
        versions.promote(second)
        wait_for(lambda: traffic.all_follow(second), 30)
        versions.registry.rollback(who="test")
        wait_for(lambda: traffic.all_follow(first), 30)
        traffic.check()
    assert traffic.seen == [[first, second, first]] * NUM_CLIENTS, "each connection saw each version once, in order"
    assert service.metric("threefold_swaps_total", result="swapped") == 2 * NUM_WORKERS
    assert service.metric("threefold_swap_failed") == 0
    assert service.metric("threefold_model_info", model="tiny", version=first) == 1
    assert service.metric("threefold_model_info", model="tiny", version=second) == 0
    assert service.metric("threefold_worker_restarts_total") == 0


def test_a_worker_that_is_started_anew_serves_what_the_others_serve(versions: Versions, service: Served) -> None:
    first, second = versions.champion, versions.add(seed=2)
    versions.promote(second)
    told = httpx.post(f"{service.url}/admin/reload", headers={"Authorization": f"Bearer {KEY}"}, timeout=30)
    assert told.json()["version"] == second, told.text
    wait_for(lambda: service.metric("threefold_swaps_total", result="swapped") == NUM_WORKERS, 30)
    versions.lose(first)
    for pid in service.workers():
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: service.log.read_text().count("worker died") == NUM_WORKERS, 30)
    with Traffic(service) as traffic:
        wait_for(lambda: traffic.all_follow(second), 30)
    assert traffic.seen == [[second]] * NUM_CLIENTS


def test_what_colleagues_have_in_common() -> None:
    shared = Colleagues()
    child = os.fork()
    if child == 0:
        shared.ask()
        with shared.turn():
            shared.swapped()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert shared.num_asked() == 1
    assert shared.have_swapped
    shared.close()
