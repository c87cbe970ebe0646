"""Several workers are one service: the same answers, one set of metrics, and a death among them costs little."""

import os
import random
import re
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import httpx
import pytest

from service.tally import EVERY_S
from tests.service.client import Client
from tests.service.processes import HEADERS, Served, ask, is_alive, is_refused, served, start, wait_for
from tests.service.tiny import random_candidate, random_context

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
NUM_WORKERS = 3
BODY = b'{"instances": [{}]}'


@pytest.fixture(scope="module")
def service(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("workers"), *options(checkpoint)) as found:
        yield found
        assert "Traceback" not in found.stop()


def options(checkpoint: Path) -> list[str]:
    return ["--checkpoint", str(checkpoint), "--workers", str(NUM_WORKERS)]


def num_sockets(pid: int) -> int:
    return sum(str(each.readlink()).startswith("socket:") for each in Path(f"/proc/{pid}/fd").iterdir())


def clients_of_all(service: Served, stack: ExitStack) -> list[httpx.Client]:
    """Clients with a connection each, of which every worker holds one or more."""
    before = {pid: num_sockets(pid) for pid in service.workers()}
    clients: list[httpx.Client] = []

    def all_have_one() -> bool:
        clients.append(stack.enter_context(httpx.Client(base_url=service.url)))
        assert clients[-1].get("/livez").status_code == 200
        return all(num_sockets(pid) > held for pid, held in before.items())

    wait_for(all_have_one)
    return clients


def test_every_worker_answers_as_one_process_does(service: Served, client: Client) -> None:
    rng = random.Random(3)
    bodies = [
        {"context": random_context(rng), "candidates": [random_candidate(rng) for _ in range(size)]}
        for size in (1, 7, 100)
    ]
    expected = [client.predict(body).content.partition(b'"predictions":')[2] for body in bodies]
    with ExitStack() as stack:
        for each in clients_of_all(service, stack):
            assert [ask(each, body) for body in bodies] == expected


def test_any_worker_tells_the_metrics_of_all(service: Served) -> None:
    time.sleep(2 * EVERY_S)  # what was asked before is counted
    rows = service.metric("threefold_rows_total")
    with ExitStack() as stack:
        clients = clients_of_all(service, stack)
        for each in clients:
            ask(each, {"instances": [{}] * 5})
        line = f"\nthreefold_rows_total {rows + 5 * len(clients):.1f}\n"  # of the others a quarter of a second old
        wait_for(lambda: all(line in each.get("/metrics").text for each in clients))
        assert all(each.get("/readyz").status_code == 200 for each in clients)
    assert service.metric("threefold_ready") == 1
    names = ["supervisor", *map(str, range(NUM_WORKERS))]
    wait_for(lambda: all(service.metric("threefold_process_memory_bytes", process=name) > 0 for name in names))
    assert service.metric("threefold_workers") == NUM_WORKERS
    assert service.metric("threefold_process_cpu_seconds_total", process="supervisor") > 0


def kill_the_first(service: Served) -> Callable[[], bool]:
    """Kill a worker; whether another one serves in its place."""
    restarts = service.metric("threefold_worker_restarts_total")
    os.kill(service.workers()[0], signal.SIGKILL)

    def is_replaced() -> bool:
        return (
            service.metric("threefold_worker_restarts_total") == restarts + 1
            and service.metric("threefold_workers") == NUM_WORKERS
        )

    return is_replaced


def test_what_a_killed_worker_has_poured_stays_counted_exactly(service: Served) -> None:
    time.sleep(2 * EVERY_S)  # what was asked before is counted
    expected = service.metric("threefold_rows_total")
    with ExitStack() as stack:
        for each in clients_of_all(service, stack):
            ask(each, {"instances": [{}] * 5})
            expected += 5
    wait_for(lambda: service.metric("threefold_rows_total") == expected)  # so all have poured
    is_replaced, told = kill_the_first(service), set()

    def is_replaced_and_told() -> bool:
        told.add(service.metric("threefold_rows_total"))
        return is_replaced()

    wait_for(is_replaced_and_told)
    assert told == {expected}
    with ExitStack() as stack:
        for each in clients_of_all(service, stack):
            ask(each, {"instances": [{}]})
            expected += 1
    wait_for(lambda: service.metric("threefold_rows_total") == expected)


def test_a_killed_worker_costs_its_own_requests_and_comes_back(service: Served) -> None:
    rows = service.metric("threefold_rows_total")
    before, stop = service.workers(), Event()
    told: list[float] = []

    def lost() -> tuple[int, int]:
        """Requests answered and lost by a client that asks one after the other and connects again where it must."""
        num_answered = num_lost = 0
        while not stop.is_set():
            with httpx.Client(base_url=service.url) as each:
                try:
                    while not stop.is_set():
                        assert each.post("/predict", content=BODY, headers=HEADERS).status_code == 200
                        num_answered += 1
                except httpx.TransportError:
                    num_lost += 1
        return num_answered, num_lost

    with ThreadPoolExecutor(4) as pool:
        traffic = [pool.submit(lost) for _ in range(4)]
        try:
            wait_for(lambda: service.metric("threefold_rows_total") > rows + 20)
            is_replaced = kill_the_first(service)

            def is_replaced_and_told() -> bool:
                told.append(service.metric("threefold_rows_total"))
                return is_replaced()

            wait_for(is_replaced_and_told)
        finally:
            stop.set()
        found = [each.result() for each in traffic]
    assert all(num_answered > 0 and num_lost <= 1 for num_answered, num_lost in found), found
    assert len(set(service.workers()) & set(before)) == NUM_WORKERS - 1
    assert len(service.workers()) == NUM_WORKERS
    assert told == sorted(told), "counters never fall"
    assert re.search(rf"worker died worker=\d pid={before[0]} how='was ended by SIGKILL'", service.log.read_text())


def hold(address: tuple[str, int], stack: ExitStack) -> socket.socket:
    """A connection with a request of which the last byte is missing."""
    held = stack.enter_context(socket.create_connection(address, timeout=30))
    lines = ["POST /predict HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in HEADERS.items())]
    held.sendall("\r\n".join([*lines, f"Content-Length: {len(BODY)}", "", ""]).encode() + BODY[:-1])
    return held


def answers_of(held: list[socket.socket]) -> list[bytes]:
    for each in held:
        each.sendall(BODY[-1:])
    return [each.makefile("rb").read() for each in held]


class TestStopping:
    def test_after_sigterm_every_accepted_request_is_answered(self, checkpoint: Path, tmp_path: Path) -> None:
        with served(tmp_path, *options(checkpoint)) as service, ExitStack() as stack:
            workers = service.workers()
            held = [hold(service.address, stack) for _ in range(8)]
            wait_for(lambda: service.metric("threefold_open_bodies") == len(held))
            service.process.send_signal(signal.SIGTERM)
            wait_for(lambda: is_refused(service.address))
            answers = answers_of(held)
            assert service.process.wait(30) == 0
            assert not any(map(is_alive, workers))
        assert all(answer.startswith(b"HTTP/1.1 200") and b"click" in answer for answer in answers), answers
        assert service.log.read_text().rstrip().endswith("stopped")

    def test_workers_do_not_outlive_a_killed_supervisor(self, checkpoint: Path, tmp_path: Path) -> None:
        with served(tmp_path, *options(checkpoint)) as service, ExitStack() as stack:
            workers = service.workers()
            held = [hold(service.address, stack) for _ in range(4)]
            wait_for(lambda: service.metric("threefold_open_bodies") == len(held))
            service.process.kill()
            wait_for(lambda: is_refused(service.address))
            answers = answers_of(held)
            wait_for(lambda: not any(map(is_alive, workers)))
        assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers), answers


def test_refuses_to_start_in_one_paragraph(checkpoint: Path, tmp_path: Path) -> None:
    with ExitStack() as stack, socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])
        given = {
            "it is taken": ["--checkpoint", str(checkpoint), "--port", taken],
            "manifest.json": ["--checkpoint", str(tmp_path), "--port", "0"],
        }
        processes = {expected: stack.enter_context(start(*each, "--workers", "2")) for expected, each in given.items()}
        for expected, process in processes.items():
            _, errors = process.communicate(timeout=60)
            assert process.returncode == 2, errors
            assert expected in errors
            assert errors.startswith("error: ")
            assert errors.count("\n") == 1
