"""Planned times are those of crontab, in any zone and on the days on which clocks are changed."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ConfigError
from training.scheduling.timetable import Timetable

ZURICH = ZoneInfo("Europe/Zurich")
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


def planned(expression: str, since: datetime, number: int, zone: str = "UTC") -> list[datetime]:
    table, found = Timetable(expression, zone), []
    for _ in range(number):
        since = table.next_after(since)
        found.append(since)
    return found


@given(MOMENTS, st.integers(0, 23), st.integers(0, 59))
def test_the_next_time_is_the_first_that_is_later(moment: datetime, hour: int, minute: int) -> None:
    found = Timetable(f"{minute} {hour} * * *").next_after(moment)
    assert moment < found <= moment + timedelta(days=1)
    assert (found.hour, found.minute, found.second, found.microsecond) == (hour, minute, 0, 0)
    assert Timetable(f"{minute} {hour} * * *").next_after(found) == found + timedelta(days=1)


@pytest.mark.parametrize("number", range(8))
def test_weekdays_are_numbered_as_crontab_numbers_them(number: int) -> None:
    for day in planned(f"0 3 * * {number}", datetime(2026, 1, 1, tzinfo=UTC), 3):
        assert day.isoweekday() % 7 == number % 7


@pytest.mark.parametrize(
    ("weekdays", "meant"),
    [("1-5", {1, 2, 3, 4, 5}), ("0,3", {7, 3}), ("5-7", {5, 6, 7}), ("mon-wed", {1, 2, 3}), ("*/3", {7, 3, 6})],
)
def test_lists_spans_and_steps_of_weekdays(weekdays: str, meant: set[int]) -> None:
    days = planned(f"0 3 * * {weekdays}", datetime(2026, 1, 1, tzinfo=UTC), 14)
    assert {day.isoweekday() for day in days} == meant


def test_two_restricted_day_fields_mean_either() -> None:
    days = planned("0 3 13 * 5", datetime(2026, 1, 1, tzinfo=UTC), 6)
    assert [day.day for day in days] == [2, 9, 13, 16, 23, 30]


def test_a_wall_time_that_is_left_out_in_spring_is_one_run() -> None:
    days = planned("30 2 * * *", datetime(2026, 3, 28, 12, tzinfo=UTC), 2, "Europe/Zurich")
    assert [day.date().isoformat() for day in days] == ["2026-03-29", "2026-03-30"]


def test_a_wall_time_that_comes_twice_in_autumn_is_one_run_and_every_hour_is_two() -> None:
    since = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert [day.astimezone(ZURICH).day for day in planned("30 2 * * *", since, 3, "Europe/Zurich")] == [25, 26, 27]
    hours = planned("30 * * * *", since, 24, "Europe/Zurich")
    assert {later - earlier for earlier, later in pairwise(hours)} == {timedelta(hours=1)}


@pytest.mark.parametrize(
    "expression",
    ["", "* * *", "@daily", "61 * * * *", "a * * * *", "*/0 * * * *", "0 0 * * 8", "0 0 * * 5-1", "0 0 31 2 *"],
)
def test_what_is_no_crontab_expression_is_refused(expression: str) -> None:
    with pytest.raises(ConfigError):
        Timetable(expression)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "Europe"])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(ConfigError, match="--timezone"):
        Timetable("0 3 * * *", zone)
