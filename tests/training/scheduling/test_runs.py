"""Every planned time is run, skipped and counted, or made up for once: also over restarts."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.training.scheduling.fakes import NOON, Clock, FakeChild
from training.scheduling.outcomes import BY_CODE, Outcome
from training.scheduling.runs import Runs
from training.scheduling.state import read_state
from training.scheduling.timetable import Timetable

DAILY = Timetable("15 3 * * *")
FIRST = NOON.replace(hour=3, minute=15) + timedelta(days=1)


def runs(folder: Path, clock: Clock, child: FakeChild | None = None) -> Runs:
    return Runs(DAILY, folder / "work" / "schedule.json", child or FakeChild([]), clock, lambda line: None)


def test_a_first_start_owes_no_run(tmp_path: Path) -> None:
    clock = Clock()
    found = runs(tmp_path, clock)
    assert found.catch_up_reason() is None
    assert found.next_planned == FIRST


def test_what_happened_is_known_after_a_restart(tmp_path: Path) -> None:
    clock = Clock()
    before = runs(tmp_path, clock, FakeChild([0]))
    clock.now = FIRST
    before.run()
    after = runs(tmp_path, clock)
    assert after.state == before.state
    assert after.state.last is not None
    assert (after.state.last.planned, after.state.last.exit_code) == (FIRST, 0)
    assert after.next_planned == FIRST + timedelta(days=1)


@pytest.mark.parametrize("days_off", [1, 40])
def test_however_long_the_machine_was_off_one_run_makes_up_for_it(tmp_path: Path, days_off: int) -> None:
    clock = Clock()
    runs(tmp_path, clock)
    clock.goes_on(days=days_off)
    found = runs(tmp_path, clock, FakeChild([10]))
    assert "missed" in str(found.catch_up_reason())
    found.run()
    assert found.state.last is not None
    assert found.state.last.planned == FIRST
    assert found.catch_up_reason() is None
    assert runs(tmp_path, clock).catch_up_reason() is None
    assert found.next_planned > clock.now


def test_a_run_that_was_cut_off_is_made_up_for(tmp_path: Path) -> None:
    class Killed(BaseException):
        """The end of the process, as far as what is written goes."""

    def dies() -> None:
        raise Killed

    clock = Clock(FIRST)
    with pytest.raises(Killed):
        runs(tmp_path, clock, FakeChild([0], dies)).run()
    clock.goes_on(minutes=5)
    found = runs(tmp_path, clock, FakeChild([0]))
    assert "cut off" in str(found.catch_up_reason())
    found.run()
    assert runs(tmp_path, clock).catch_up_reason() is None


def test_a_run_that_was_told_to_stop_is_made_up_for_unless_it_had_decided(tmp_path: Path) -> None:
    for code, owed in ((-15, True), (1, True), (0, False), (11, False)):
        clock = Clock(FIRST)
        child = FakeChild([code])
        found = runs(tmp_path / str(code), clock, child)
        child.meanwhile = found.stop
        found.run()
        assert (runs(tmp_path / str(code), clock).catch_up_reason() is not None) == owed


def test_nothing_begins_after_a_stop(tmp_path: Path) -> None:
    child = FakeChild([0])
    found = runs(tmp_path, Clock(FIRST), child)
    found.stop()
    found.run()
    assert child.num_runs == 0
    assert found.state.last is None


def test_what_is_skipped_is_counted_and_not_made_up_for(tmp_path: Path) -> None:
    clock = Clock()
    child = FakeChild([0])
    found = runs(tmp_path, clock, child)
    clock.now = FIRST

    def overlaps() -> None:
        clock.goes_on(days=1)
        found.skip()

    child.meanwhile = overlaps
    found.run()
    again = runs(tmp_path, clock)
    assert again.state.skipped == 1
    assert again.catch_up_reason() is None
    assert again.next_planned == FIRST + timedelta(days=2)


@pytest.mark.parametrize(
    ("code", "outcome"), [(code, word) for code, (word, _) in BY_CODE.items()] + [(99, "failed"), (-9, "killed")]
)
def test_every_exit_code_has_its_word_and_is_counted(tmp_path: Path, code: int, outcome: Outcome) -> None:
    found = runs(tmp_path, Clock(FIRST), FakeChild([code, code]))
    found.run()
    found.run()
    assert found.state.runs == {outcome: 2}
    assert (found.state.last_success is not None) == (code in (0, 10, 11))
    assert (found.state.last_promoted is not None) == (code == 0)


def test_a_clock_that_is_set_back_brings_no_run_twice(tmp_path: Path) -> None:
    clock = Clock(FIRST + timedelta(seconds=1))
    found = runs(tmp_path, clock, FakeChild([0]))
    found.run()
    clock.now = FIRST - timedelta(seconds=30)
    assert found.next_planned == FIRST + timedelta(days=1)
    assert runs(tmp_path, clock).catch_up_reason() is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"dealt_until": "yesterday"}', b"\xff\xfe"])
def test_a_file_that_cannot_be_read_owes_one_run(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "work" / "schedule.json"
    file.parent.mkdir()
    file.write_bytes(content)
    found = runs(tmp_path, Clock(), FakeChild([11]))
    assert "cannot be read" in str(found.catch_up_reason())
    found.run()
    assert runs(tmp_path, Clock()).catch_up_reason() is None


def test_a_child_that_cannot_be_started_is_a_failure_and_not_the_end(tmp_path: Path) -> None:
    def fails() -> None:
        raise OSError("no memory")

    found = runs(tmp_path, Clock(FIRST), FakeChild([], fails))
    found.run()
    assert found.state.runs == {"failed": 1}
    state = read_state(tmp_path / "work" / "schedule.json")
    assert state is not None
    assert state.unfinished is None
