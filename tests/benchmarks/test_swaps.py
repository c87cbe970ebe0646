"""What is slow because of a swap is laid at its door, and what the benchmark itself does is not called quiet."""

import json
from typing import Any

import pytest

from benchmarks.swaps.judged import Judged, judged
from benchmarks.swaps.measured import Change, Measured
from benchmarks.swaps.traffic import Asked, Traffic
from benchmarks.swaps.versions import Oracle


class Knows(Oracle):
    """A version predicts its own name."""

    def __init__(self) -> None:
        pass

    def is_right(self, number: int, answer: dict[str, Any]) -> bool:
        return bool(answer["version"] == answer["predictions"])


def asked(due: float, seconds: float, version: str, status: int = 200, predicted: str | None = None) -> Asked:
    content = json.dumps({"version": version, "predictions": predicted or version}, separators=(",", ":")).encode()
    return Asked(0, 0, due, seconds, status, content)


def judgement(*requests: Asked) -> Judged:
    """One swap to `new`: told to the registry from 10, there at 11, followed by all at 12; and one to `last` at 20."""
    changes = [Change("swap", "new", 10.0, 11.0, 12.0), Change("rollback", "last", 19.9, 20.0, 21.0)]
    traffic = Traffic(0, [b""], 1, 1.0)
    traffic.asked = [asked(14.0, 0.5, "new"), asked(20.5, 0.5, "last"), *requests]
    return judged(Measured(1, traffic, changes, [0.0]), Knows())


def test_an_answer_that_had_to_wait_for_the_swap_is_one_during_it() -> None:
    found = judgement(asked(10.9, 0.3, "old"), asked(11.5, 0.2, "old"))
    assert sorted(found.changing) == [0.2, 0.3, 0.5]
    assert list(found.quiet) == [0.5]
    assert found.is_sound


def test_what_falls_into_the_benchmarks_own_work_is_neither() -> None:
    found = judgement(asked(19.9, 0.05, "new"))
    assert (list(found.changing), list(found.quiet)) == ([0.5], [0.5])


@pytest.mark.parametrize(
    ("request_", "count"),
    [
        (asked(15.0, 0.1, "old"), "num_stale"),
        (asked(15.0, 0.1, "new", predicted="old"), "num_wrong"),
        (asked(15.0, 0.1, "", status=0), "num_failed"),
    ],
)
def test_what_is_lost_wrong_or_stale_is_counted(request_: Asked, count: str) -> None:
    found = judgement(request_)
    assert getattr(found, count) == 1
    assert not found.is_sound
