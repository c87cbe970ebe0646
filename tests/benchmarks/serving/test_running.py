"""A server is awaited, measured, and leaves nothing behind; one that does not start says why."""

import os
import sys
from pathlib import Path

import pytest

from benchmarks.served import NotStartedError
from benchmarks.serving.questions import questions
from benchmarks.serving.running import SERVER_CORE, Running, started
from benchmarks.serving.system import SPLIT_ROWS, echo
from benchmarks.serving.turn import WrongAnswerError, deviation, turn

pytestmark = pytest.mark.skipif(
    SERVER_CORE not in getattr(os, "sched_getaffinity", lambda _: set())(0), reason="the server's core is not to be had"
)


def test_a_server_answers_is_measured_and_is_gone_afterwards(tmp_path: Path) -> None:
    messages = [SPLIT_ROWS.message(question) for question in questions(2, 3)]
    with started(echo(7), Path(), messages[0], tmp_path) as running:
        assert running.ask(messages[1]).body == b"x" * 7
        assert {SERVER_CORE} == os.sched_getaffinity(running.tree.root)
        found = turn(running, messages, seconds=0.3)
        assert found.cpu > 0
        assert found.p99 >= found.p50 > 0
    assert running.has_ended
    assert not running.tree.processes()


def test_a_server_that_fails_is_told_by_its_last_words(tmp_path: Path) -> None:
    code = "import sys; sys.exit('no such model')"
    with (
        pytest.raises(NotStartedError, match="no such model"),
        Running(lambda _: [sys.executable, "-c", code], b"", tmp_path / "log", {}),
    ):
        pass


def test_an_answer_of_another_shape_is_no_answer(tmp_path: Path) -> None:
    messages = [SPLIT_ROWS.message(question) for question in questions(1, 3)]
    with started(echo(7), Path(), messages[0], tmp_path) as running, pytest.raises(WrongAnswerError):
        deviation(running.ask(messages[0]), SPLIT_ROWS, ("click",), expected=[[0.5]])  # type: ignore[arg-type]
