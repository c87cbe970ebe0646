"""The parts of a service with several workers, each alone."""

import asyncio
import fcntl
import os
import socket
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import pytest

from service.acceptor import MOST_AT_ONCE, Acceptor
from service.graceful import new_event_loop
from service.native_threads import limit_native_threads
from service.workers import folder as folders
from service.workers.acceptor import FairAcceptor
from service.workers.board import Board
from service.workers.folder import metrics_folder
from service.workers.memory import cpu_seconds, proportional_bytes
from service.workers.restarts import LONG_ENOUGH_S, MOST_IN_A_ROW, Restarts


class Counting(asyncio.Protocol):
    """Counts the connections that are open."""

    def __init__(self, held: list[asyncio.BaseTransport]) -> None:
        self.held = held

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.held.append(transport)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound


class TestFairAcceptor:
    def spread(self, listener: socket.socket, num_clients: int, busy: bool = False) -> list[int]:
        """Connections of two workers on one loop, of which the second may be too busy to take any."""

        async def run() -> list[int]:
            board = Board(2)
            held: list[list[asyncio.BaseTransport]] = [[]] if busy else [[], []]
            if busy:
                board.serves(1, 0)
            workers = [
                FairAcceptor(
                    listener.dup(),
                    board,
                    number,
                    num_open=lambda mine=mine: len(mine),  # type: ignore[misc]
                    protocol=lambda mine=mine: Counting(mine),  # type: ignore[misc]
                )
                for number, mine in enumerate(held)
            ]
            for worker in workers:
                worker.start(128)
            loop, address = asyncio.get_running_loop(), listener.getsockname()
            clients = [await asyncio.open_connection(*address) for _ in range(num_clients)]
            deadline = loop.time() + 10
            while sum(map(len, held)) < num_clients:
                assert loop.time() < deadline
                await asyncio.sleep(0.001)
            for worker in workers:
                await worker.stop()
            for _, writer in clients:
                writer.close()
                await writer.wait_closed()
            for transport in chain(*held):
                transport.close()
            return [len(each) for each in held]

        return asyncio.run(run())

    def test_connections_are_spread_evenly(self, listener: socket.socket) -> None:
        one, other = self.spread(listener, 12)
        assert abs(one - other) <= 2

    def test_a_worker_that_takes_none_keeps_no_client_waiting(self, listener: socket.socket) -> None:
        assert self.spread(listener, 5, busy=True) == [5]

    def test_stopping_takes_those_that_wait_already(self, listener: socket.socket) -> None:
        async def run() -> int:
            board = Board(1)
            held: list[asyncio.BaseTransport] = []
            acceptor = FairAcceptor(listener.dup(), board, 0, lambda: len(held), lambda: Counting(held))
            acceptor.start(128)
            with socket.create_connection(listener.getsockname()), socket.create_connection(listener.getsockname()):
                await acceptor.stop()  # the loop has not turned since they came
                for transport in held:
                    transport.close()
                return len(held)

        assert asyncio.run(run()) == 2


@pytest.mark.parametrize("new_loop", [new_event_loop, asyncio.SelectorEventLoop])
def test_a_burst_is_taken_at_one_wake_up(
    listener: socket.socket, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def run() -> int:
        held: list[asyncio.BaseTransport] = []
        acceptor = Acceptor(listener.dup(), lambda: Counting(held))
        acceptor.start(128)
        clients = [socket.create_connection(listener.getsockname()) for _ in range(MOST_AT_ONCE)]
        for _ in range(4):  # turns: to see the listener, to begin each connection, to end it
            await asyncio.sleep(0)
        taken = len(held)
        await acceptor.stop()
        for each in (*clients, *held):
            each.close()
        return taken

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(run()) == MOST_AT_ONCE


def test_the_board_knows_who_serves_and_who_has_fewest() -> None:
    board = Board(3)
    assert (board.num_serving, board.fewest()) == (0, 0)
    board.serves(0, 7)
    board.serves(2, 4)
    assert (board.num_serving, board.fewest()) == (2, 4)
    board.starting(2)
    assert (board.num_serving, board.fewest()) == (1, 7)


class TestRestarts:
    def test_pauses_grow_until_the_worker_is_given_up(self) -> None:
        restarts = Restarts()
        pauses = [restarts.after(1.0) for _ in range(MOST_IN_A_ROW)]
        assert pauses == sorted(pauses)
        assert 0 < pauses[0] < pauses[-1] <= 10
        assert [restarts.after(1.0, may_give_up=False) for _ in range(2000)] == [pauses[-1]] * 2000
        assert restarts.after(1.0) is None

    def test_a_long_life_begins_anew(self) -> None:
        restarts = Restarts()
        first = restarts.after(1.0)
        for _ in range(2 * MOST_IN_A_ROW):
            restarts.after(1.0)
            assert restarts.after(LONG_ENOUGH_S) == first


class TestFolder:
    def test_it_is_gone_afterwards(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(folders, "gettempdir", lambda: str(tmp_path))
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        with metrics_folder() as folder:
            (folder / "counter_0.db").touch()
            assert folder.parent == tmp_path
        assert list(tmp_path.iterdir()) == []

    def test_what_a_killed_one_left_goes_and_what_is_held_stays(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(folders, "gettempdir", lambda: str(tmp_path))
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        left, held, new, other = (
            tmp_path / f"{name}"
            for name in ("threefold-metrics-a", "threefold-metrics-b", "threefold-metrics-c", "mine")
        )
        for folder in (left, held, new, other):
            folder.mkdir()
            (folder / "lock").touch()
            os.utime(folder, (0, 0) if folder != new else None)
        with (held / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with metrics_folder() as folder:
                assert set(tmp_path.iterdir()) == {held, new, other, folder}


class TestMemory:
    def test_of_a_process_that_is_there(self) -> None:
        mine = proportional_bytes(os.getpid())
        assert mine is None or mine > 1_000_000
        used = cpu_seconds(os.getpid())
        assert used is None or used > 0

    def test_of_none(self) -> None:
        assert proportional_bytes(2**30) is None
        assert cpu_seconds(2**30) is None


def test_threads_below_python_are_few_and_sleep_unless_the_operator_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "environ", {"KMP_BLOCKTIME": "7"})
    limit_native_threads(3)
    assert os.environ["OMP_NUM_THREADS"] == "3"
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    assert os.environ["KMP_BLOCKTIME"] == "7"
