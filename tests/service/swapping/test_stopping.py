"""SIGTERM while a version is being loaded: what was accepted is answered, and nothing is left."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event

import pytest

from models.registry import Registry
from models.storage.store import Store
from service.app import create_app
from service.settings import Settings
from service.swapping import follower as follower_module
from service.swapping.company import Alone
from tests.service.client import Client
from tests.service.processes import is_alive, is_refused, served, wait_for
from tests.service.swapping.versions import Versions
from tests.service.swapping.versions import served as version_served
from tests.service.test_workers import answers_of, hold

LOADS_SLOWLY = """
import time
from pathlib import Path
from service.swapping import follower

load = follower.load

def load_slowly(place):
    Path("{loads}").touch()
    while not Path("{may_go_on}").exists():
        time.sleep(0.01)
    return load(place)

follower.load = load_slowly
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_service_that_loads_stops_as_gracefully_as_any(versions: Versions, tmp_path: Path, workers: int) -> None:
    folder, loads, may_go_on = tmp_path / "service", tmp_path / "loads", tmp_path / "may_go_on"
    folder.mkdir()
    options = ["--registry", str(versions.folder), "--workers", str(workers), "--poll-s", "0.1"]
    old, new = versions.champion, versions.add(seed=2)
    prelude = LOADS_SLOWLY.format(loads=loads, may_go_on=may_go_on)
    with served(folder, *options, prelude=prelude) as service, ExitStack() as stack:
        processes = [service.process.pid, *service.workers()]
        held = [hold(service.address, stack) for _ in range(4)]
        wait_for(lambda: service.metric("threefold_open_bodies") == len(held))
        versions.promote(new)
        wait_for(loads.exists)
        service.process.send_signal(signal.SIGTERM)
        wait_for(lambda: is_refused(service.address))
        answers = answers_of(held)
        may_go_on.touch()
        assert service.process.wait(30) == 0, service.log.read_text()
        assert not any(map(is_alive, processes))
    assert all(answer.startswith(b"HTTP/1.1 200") and old.encode() in answer for answer in answers), answers
    log = service.log.read_text()
    assert log.rstrip().endswith("stopped")
    assert "Traceback" not in log
    assert "killed" not in log
    assert list(folder.iterdir()) == [service.log]


class Busy(Alone):
    """Others that have their turn until a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.is_waiting, self.may_go_on = Event(), Event()

    @contextmanager
    def turn(self) -> Iterator[None]:
        self.is_waiting.set()
        self.may_go_on.wait()
        yield


def test_who_still_waits_for_its_turn_loads_nothing_any_more(
    versions: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = Busy()
    loaded: list[object] = []
    monkeypatch.setattr(follower_module, "_LAST_LOAD_S", 0.05)
    monkeypatch.setattr(follower_module, "load", loaded.append)
    app = create_app(Settings(registry=versions.folder, poll_s=0.05), company=others)
    with Client(app) as client:
        versions.promote(versions.add(seed=2))
        client.run(asyncio.to_thread(others.is_waiting.wait))
    others.may_go_on.set()
    assert app.state.follower._background.close(30)
    assert not loaded


@pytest.fixture
def silent_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Event, Event]]:
    """A store that says nothing more as soon as the first event is set; it sets the second one then."""
    is_silent, is_asked, is_over = Event(), Event(), Event()
    download = Store.download

    def silently(store: Store, name: str, target: Path) -> None:
        if is_silent.is_set():
            is_asked.set()
            is_over.wait()
        download(store, name, target)

    monkeypatch.setattr(Store, "download", silently)
    yield is_silent, is_asked
    is_over.set()


def test_what_is_half_fetched_goes_with_the_service(
    versions: Versions, tmp_path: Path, silent_store: tuple[Event, Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a store that does not answer."""
    is_silent, is_asked = silent_store
    fetched = tmp_path / "fetched"
    monkeypatch.setenv("THREEFOLD_VERSIONS", str(fetched))
    monkeypatch.setattr(follower_module, "_LAST_LOAD_S", 0.05)
    url = f"memory://{tmp_path.name}/silent"
    registry, first, second = Registry(url), versions.champion, versions.add(seed=2)
    for name in (first, second):
        registry.publish(versions.folder / name, who="test")
    registry.promote(first, who="test")
    with Client(create_app(Settings(registry=url, poll_s=0.05))) as client:
        assert version_served(client) == first
        is_silent.set()
        registry.promote(second, who="test")
        client.run(asyncio.to_thread(is_asked.wait))
        assert [each.name for each in fetched.iterdir() if second in each.name and each.name.endswith(".partial")]
    assert [each.name.rpartition(".")[0] for each in fetched.iterdir()] == [first]
