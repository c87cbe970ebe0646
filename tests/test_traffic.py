"""The traffic of the local stack: it asks what the newest day of a log shows, and nothing twice over in one request."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from service.client import Answer, Feature, Limits, Model, UnreachableError
from tests.service.processes import served
from tests.service.tiny import save_tiny

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))


def features(**scopes: str) -> Model:
    """A model of these features, by their scopes."""
    named = tuple(Feature(name, "categorical", scope) for name, scope in scopes.items())
    nothing: MappingProxyType[str, Any] = MappingProxyType({})
    return Model("m", "v", datetime(2026, 1, 1, tzinfo=UTC), "", named, (), None, nothing, Limits(100, 1_000, 1_000))


def write_day(log: Path, date: str, **columns: list[Any]) -> Path:
    file = log / f"date={date}" / "part-0.parquet"
    file.parent.mkdir(parents=True)
    pq.write_table(pa.table(columns), file)
    return file


MODEL = features(user="context", history="context", item="candidate", price="candidate", unlogged="candidate")


def test_neighbours_of_one_context_are_one_request_and_labels_are_not_sent(tmp_path: Path) -> None:
    from traffic.questions import Question, questions

    file = write_day(
        tmp_path,
        "2026-01-01",
        user=["a", "a", "a", "b", "a"],
        history=[["x"], ["x"], ["y"], [], ["x"]],
        item=["i1", "i2", "i3", "i4", "i5"],
        price=[1.0, float("nan"), None, 2.0, 3.0],
        clicked=[1, 0, 0, 1, 0],
    )
    assert list(questions([file], MODEL, 100)) == [
        Question({"user": "a", "history": ["x"]}, ({"item": "i1", "price": 1.0}, {"item": "i2", "price": None})),
        Question({"user": "a", "history": ["y"]}, ({"item": "i3", "price": None},)),
        Question({"user": "b", "history": []}, ({"item": "i4", "price": 2.0},)),
        Question({"user": "a", "history": ["x"]}, ({"item": "i5", "price": 3.0},)),
    ]


@pytest.mark.parametrize("most", [1, 3, 7, 100])
def test_a_limit_of_candidates_cuts_requests_and_loses_no_row(tmp_path: Path, most: int) -> None:
    from traffic.questions import questions

    items = [f"i{number}" for number in range(50)]
    asked = list(questions([write_day(tmp_path, "2026-01-01", user=["a"] * 50, item=items)], MODEL, most))
    assert [row["item"] for question in asked for row in question.candidates] == items
    assert max(len(question.candidates) for question in asked) == min(most, 50)


def test_the_newest_day_is_asked_about_and_left_for_a_newer_one(tmp_path: Path) -> None:
    from traffic.questions import LOOK_EVERY, newest_files, newest_questions

    assert newest_files(tmp_path) == ()
    write_day(tmp_path, "2026-01-09", user=["old"], item=["i"])
    write_day(tmp_path, "2026-01-10", user=[f"u{number}" for number in range(3 * LOOK_EVERY)])
    half_written = write_day(tmp_path, "2026-01-11", user=["new"])
    hidden = half_written.rename(half_written.with_name(".part-0.parquet"))
    asked = newest_questions(tmp_path, MODEL, 10)
    assert next(asked).context == {"user": "u0"}
    hidden.rename(half_written)
    assert sum(1 for _ in asked) == LOOK_EVERY - 1
    assert [question.context for question in newest_questions(tmp_path, MODEL, 10)] == [{"user": "new"}]


class Scripted:
    """A client whose service answers every other request, and says how many were open at once."""

    def __init__(self) -> None:
        self.asked = self.open = self.most_open = 0

    async def predict(self, **question: Any) -> Answer:
        self.asked, number = self.asked + 1, self.asked
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        await asyncio.sleep(0.02)
        self.open -= 1
        if number % 2:
            raise UnreachableError("no", request_id="r", num_tries=1)
        return Answer("m", "v1", "r", MappingProxyType({"click": (0.5,)}))


def test_requests_do_not_wait_for_answers_and_every_one_of_them_is_counted() -> None:
    from traffic.questions import Question
    from traffic.sending import Sender

    client = Scripted()
    sender = Sender(client, rate=1_000)  # type: ignore[arg-type]
    count = asyncio.run(sender.send(iter([Question({}, ({},))] * 40), asyncio.Event()))
    tally = sender.tally
    assert count == client.asked == tally.versions["v1"] + tally.failures["UnreachableError"] == 40
    assert client.most_open > 1
    assert tally.failures["UnreachableError"] == 20
    assert "v1 20" in tally.line()
    assert "UnreachableError 20" in tally.line()


def test_it_ends_when_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    from traffic.questions import Question
    from traffic.sending import Sender

    stop, client = asyncio.Event(), Scripted()

    def endless() -> Iterator[Question]:
        for number in range(1_000_000):
            if number == 5:
                stop.set()
            yield Question({}, ({},))

    assert asyncio.run(Sender(client, rate=1_000).send(endless(), stop)) <= 6  # type: ignore[arg-type]
    assert client.open == 0


def test_a_service_answers_the_log(tmp_path: Path) -> None:
    """As the container runs it: a process of its own, with nothing but the client and pyarrow."""
    write_day(
        tmp_path / "log",
        "2026-01-01",
        user_id=["a", "a", "b"],
        item_id=["i1", "i2", "i3"],
        price=[1.0, None, 3.0],
        clicked=[0, 1, 0],
    )
    with served(tmp_path, "--checkpoint", str(save_tiny(tmp_path / "versions"))) as service:
        found = subprocess.run(
            [sys.executable, "-m", "traffic", service.url, tmp_path / "log", "--rate", "100", "--once"],
            env=os.environ | {"PYTHONPATH": f"{EXAMPLES}:{EXAMPLES.parent}"},
            capture_output=True,
            text=True,
        )
        rows = service.metric("threefold_rows_total")
        service.stop()
    assert found.returncode == 0, found.stderr
    assert rows == 3
    assert " 2\n" in found.stdout, found.stdout
