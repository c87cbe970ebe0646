"""Answers are kept by question and version, and held against what the version predicts."""

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import cast

import numpy as np
import orjson
import pytest

from benchmarks.end_to_end.page import broken, totals
from benchmarks.end_to_end.play import Day, Played, judge
from benchmarks.end_to_end.questions import Question
from benchmarks.end_to_end.retraining import PROMOTED, Retrained
from benchmarks.end_to_end.traffic import Heard, Traffic, Values
from benchmarks.end_to_end.truth_of_versions import Versions

CLICK = {"old": [0.10, 0.20, 0.30], "new": [0.15, 0.25, 0.35], "newest": [0.5, 0.6, 0.7]}
QUESTIONS = [Question("2026-01-08", 0, 1, b""), Question("2026-01-08", 1, 2, b"")]


class Told(Versions):
    """What versions predict, without any file."""

    def __init__(self) -> None:
        pass

    def predictions(self, version: str, day: str) -> dict[str, Values]:
        assert day == "2026-01-08"
        return {"click": np.array(CLICK[version])}


def answer(version: str, *clicks: float) -> bytes:
    return orjson.dumps({"version": version, "predictions": [{"click": click, "score": 1.0} for click in clicks]})


@pytest.fixture
def heard() -> Heard:
    found = Heard(QUESTIONS)
    found.add(0, answer("old", 0.1))
    found.add(1, answer("old", 0.2, 0.30001))
    found.add(1, answer("new", 0.25, 0.35))
    return found


def judged(heard: Heard, champions: list[str]) -> Day:
    day = Day("2026-01-08", Retrained(PROMOTED), champions[-1])
    judge(day, heard, Told(), champions)
    return day


def test_right_answers_of_both_champions_pass(heard: Heard) -> None:
    day = judged(heard, ["old", "new"])
    assert (day.num_checked, day.wrong, day.num_alike) == (3, [], 0)
    assert day.versions == {"old": 2, "new": 1}
    assert broken(Played("old", [day])) == []


def test_an_answer_that_names_another_version_is_noticed(heard: Heard) -> None:
    heard.add(0, answer("new", 0.1))
    day = judged(heard, ["old", "new"])
    assert (len(day.wrong), day.num_alike) == (1, 1)
    assert "1 answers were not" in broken(Played("old", [day]))[0]


def test_one_wrong_answer_among_right_ones_is_noticed(heard: Heard) -> None:
    for click in (0.1, 0.1002, 0.1):
        heard.add(0, answer("old", click))
    assert len(judged(heard, ["old", "new"]).wrong) == 1


def test_a_version_that_left_long_ago_may_not_answer(heard: Heard) -> None:
    heard.add(0, answer("newest", 0.5))
    assert len(judged(heard, ["old", "new", "newest"]).wrong) == 2


def test_another_number_of_rows_is_a_failure(heard: Heard) -> None:
    heard.add(1, answer("old", 0.2))
    day = judged(heard, ["old", "new"])
    assert day.failures.total() == 1
    assert "failed: 1" in totals(Played("old", [day]))


@pytest.mark.parametrize("body", [b"", b"{}", b'{"version": "old", "predictions": []}', b'{"predictions": [{"a": 1}]}'])
def test_what_is_no_answer_is_a_failure_and_ends_nothing(heard: Heard, body: bytes) -> None:
    heard.add(0, body)
    assert heard.failures.total() == 1
    assert heard.versions.total() == 3


def test_a_question_that_was_first_answered_with_too_few_rows_is_not_held_against_them() -> None:
    heard = Heard(QUESTIONS)
    heard.add(1, answer("old", 0.2))
    assert (heard.failures.total(), heard.answers) == (1, {})


def test_an_answer_without_a_predicted_field_is_wrong() -> None:
    heard = Heard(QUESTIONS)
    heard.add(0, orjson.dumps({"version": "old", "predictions": [{"score": 1.0}]}))
    assert "fields" in judged(heard, ["old"]).wrong[0]


def test_days_that_nobody_was_answered_on_are_noticed() -> None:
    assert any("did not follow" in each for each in broken(Played("old", [judged(Heard(QUESTIONS), ["old"])])))


def test_what_was_heard_is_added_to_what_was_heard_before(heard: Heard) -> None:
    day = judged(heard, ["old", "new"])
    heard.failures["status 503"] += 1
    judge(day, heard, Told(), ["old", "new"])
    assert (day.versions.total(), day.num_checked, day.failures.total()) == (6, 6, 1)


class Slow(asyncio.Protocol):
    """A server that answers each request a little later, the way it is told."""

    later_s = 0.3

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        head = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
        asyncio.get_running_loop().call_later(self.later_s, self.transport.write, head)


@pytest.fixture
def slow_port() -> Iterator[int]:
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(Slow, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_turn_waits_for_what_is_under_way(slow_port: int) -> None:
    with Traffic(slow_port, QUESTIONS, clients=1, rate=1_000.0) as traffic:
        while not traffic.heard.under_way:
            time.sleep(0.001)
        before = traffic.turn(QUESTIONS)
        assert before.under_way == 0
        assert before.failures.total() >= 1
        told = before.failures.total()
        while not traffic.heard.failures:
            time.sleep(0.001)
        assert before.failures.total() == told


def test_clients_that_come_to_grief_are_noticed(slow_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_answer(*_: object) -> None:
        raise AssertionError("a mistake of ours")

    monkeypatch.setattr(Traffic, "_ask", broken_answer)
    traffic = Traffic(slow_port, QUESTIONS)
    traffic.__enter__()
    with pytest.raises(RuntimeError, match="ended before"):
        traffic.__exit__(None, None, None)


def test_a_service_that_does_not_follow_is_noticed(heard: Heard) -> None:
    day = judged(heard, ["old", "newest"])
    assert any("did not follow" in each for each in broken(Played("old", [day])))
