"""APScheduler begins runs in time, never two at once, and ends them when the schedule ends."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.training.scheduling.fakes import FakeChild, wait_for
from training.scheduling.clockwork import Clockwork
from training.scheduling.runs import Runs
from training.scheduling.timetable import Timetable


class Ticks(Timetable):
    """Planned several times a second, which crontab cannot say."""

    def __init__(self) -> None:
        super().__init__("* * * * *")

    def next_after(self, moment: datetime) -> datetime:
        return moment + timedelta(seconds=0.05)


def going(
    folder: Path, child: FakeChild, *, at_once: bool = False, table: Timetable | None = None
) -> tuple[Clockwork, Runs]:
    table = table or Ticks()
    runs = Runs(table, folder / "schedule.json", child, lambda: datetime.now(UTC), lambda line: None)
    return Clockwork(table, runs, at_once=at_once), runs


def test_runs_begin_again_and_again(tmp_path: Path) -> None:
    child = FakeChild([0] * 1_000)
    clockwork, runs = going(tmp_path, child)
    with clockwork.going():
        assert clockwork.is_alive()
        wait_for(lambda: child.num_runs >= 3)
    assert not clockwork.is_alive()
    assert runs.state.runs["promoted"] == child.num_runs


def test_what_would_overlap_is_skipped_and_said_and_the_next_one_runs(tmp_path: Path) -> None:
    meanwhile: list[Callable[[], None]] = []
    child = FakeChild([0] * 1_000, lambda: meanwhile.pop()() if meanwhile else None)
    clockwork, runs = going(tmp_path, child)
    meanwhile.append(lambda: wait_for(lambda: runs.state.skipped >= 2))
    with clockwork.going():
        wait_for(lambda: child.num_runs >= 2)
    assert runs.state.skipped >= 2


def test_a_run_at_once_waits_for_no_plan(tmp_path: Path) -> None:
    child = FakeChild([0])
    clockwork, runs = going(tmp_path, child, at_once=True, table=Timetable("0 0 1 1 *"))
    with clockwork.going():
        wait_for(lambda: runs.state.last is not None)
    assert child.num_runs == 1


def test_the_end_of_the_schedule_ends_the_run(tmp_path: Path) -> None:
    child = FakeChild([-15])
    child.meanwhile = lambda: wait_for(child.is_stopping)
    clockwork, runs = going(tmp_path, child, at_once=True, table=Timetable("0 0 1 1 *"))
    with clockwork.going():
        wait_for(lambda: runs.is_running)
    assert runs.state.last is not None
    assert runs.state.unfinished is not None
