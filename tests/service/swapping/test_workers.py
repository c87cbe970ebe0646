"""Several processes follow one channel: all swap, nothing is lost, and a new one begins where the others are."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.swapping.keys import new_key
from service.workers.colleagues import Colleague, Colleagues
from service.workers.restarts import MOST_IN_A_ROW
from tests.service.processes import Served, served, wait_for
from tests.service.swapping.traffic import NUM_CLIENTS, Traffic
from tests.service.swapping.versions import Versions

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
NUM_WORKERS = 2
KEY, DIGEST = new_key()


@pytest.fixture
def service(versions: Versions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("THREEFOLD_ADMIN_KEY_SHA256", DIGEST)
    options = ["--registry", str(versions.folder), "--workers", str(NUM_WORKERS), "--poll-s", "0.2"]
    with served(tmp_path, *options) as found:
        yield found
        log = found.stop()
        assert "Traceback" not in log
        assert KEY not in log


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


@contextmanager
def torn(folder: Path, head: int) -> Iterator[str]:
    """A registry whose newest event cannot be read."""
    event = folder / "history" / f"{head + 1:08d}.json"
    event.write_text("{")
    yield event.name
    event.unlink()


@contextmanager
def away(folder: Path, head: int) -> Iterator[str]:
    """A registry on a disk that is not mounted."""
    folder.rename(folder.with_name("away"))
    yield "is it mounted?"
    folder.with_name("away").rename(folder)


@pytest.mark.parametrize("harmed", [torn, away])
def test_a_registry_that_fails_ends_no_service(
    versions: Versions, tmp_path: Path, harmed: Callable[[Path, int], AbstractContextManager[str]]
) -> None:
    """A worker that dies meanwhile can load nothing, however often it is tried; the others go on."""
    options = ["--registry", str(versions.folder), "--workers", str(NUM_WORKERS), "--poll-s", "0.2"]
    prelude = "from service.workers import restarts\nrestarts._FIRST_PAUSE_S = restarts._LONGEST_PAUSE_S = 0.01\n"
    with served(tmp_path, *options, prelude=prelude) as service:
        second = versions.promote(versions.add(seed=2))
        wait_for(lambda: service.metric("threefold_swaps_total", result="swapped") == NUM_WORKERS, 30)
        with harmed(versions.folder, versions.registry.head()) as found:
            os.kill(service.workers()[0], signal.SIGKILL)
            wait_for(lambda: service.log.read_text().count("worker died") > MOST_IN_A_ROW + 1, 60)
            assert found in service.log.read_text()
            for _ in range(10):
                answer = httpx.post(f"{service.url}/predict", json={"instances": [{}]}, timeout=30)
                assert (answer.status_code, answer.json()["version"]) == (200, second)
        wait_for(lambda: service.metric("threefold_workers") == NUM_WORKERS, 30)
        service.stop()


def test_who_asks_again_is_told_when_all_follow(versions: Versions, service: Served) -> None:
    second = versions.promote(versions.add(seed=2))
    told: list[dict[str, Any]] = []

    def all_follow() -> bool:
        answer = httpx.post(f"{service.url}/admin/reload", headers={"Authorization": f"Bearer {KEY}"}, timeout=30)
        told.append(answer.json())
        return bool(told[-1]["num_following"] == NUM_WORKERS)

    wait_for(all_follow, 30)
    assert {(each["version"], each["num_workers"]) for each in told} == {(second, NUM_WORKERS)}
    assert all(each["num_following"] >= 1 for each in told)
    with Traffic(service) as traffic:
        wait_for(lambda: traffic.all_follow(second), 30)
    assert traffic.seen == [[second]] * NUM_CLIENTS


def in_a_child(work: Callable[[], None]) -> None:
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def test_what_colleagues_have_in_common() -> None:
    shared = Colleagues(2)
    one, other = Colleague(shared, 0), Colleague(shared, 1)
    for each in (one, other):
        each.serves("a")
    assert (one.num_processes, one.num_serving("a"), one.num_serving("b"), shared.have_swapped) == (2, 2, 0, False)

    def swap() -> None:
        other.ask()
        with other.turn():
            other.serves("b")

    in_a_child(swap)
    assert one.num_asked() == 1
    assert shared.have_swapped
    assert (one.num_serving("a"), one.num_serving("b")) == (1, 1)
    shared.left(1)
    assert one.num_serving("b") == 0
    shared.close()
