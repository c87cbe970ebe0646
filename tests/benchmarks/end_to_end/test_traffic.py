"""Answers are kept by question and version, and held against what the version predicts."""

import numpy as np
import orjson
import pytest

from benchmarks.end_to_end.page import broken, totals
from benchmarks.end_to_end.play import Day, Played, judge
from benchmarks.end_to_end.questions import Question
from benchmarks.end_to_end.retraining import PROMOTED, Retrained
from benchmarks.end_to_end.traffic import Heard, Values
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


def test_a_service_that_does_not_follow_is_noticed(heard: Heard) -> None:
    day = judged(heard, ["old", "newest"])
    assert any("did not follow" in each for each in broken(Played("old", [day])))
