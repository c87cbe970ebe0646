"""When a run is planned: a crontab expression in a time zone."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from models.errors import ConfigError

FIELDS = ("minute", "hour", "day of month", "month", "day of week")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([0-7])-([0-7])(/[0-9]+)?")


class Timetable(BaseTrigger):  # type: ignore[misc]
    """The planned times of a crontab expression of five fields.

    What APScheduler would read otherwise than cron is read as cron does: 0 and 7 are Sunday, two restricted day fields
    mean either of them, and a wall time that the end of summer time repeats counts once, unless the hour is `*`.

    Args:
        expression: such as `15 3 * * *`.
        timezone: name of the zone that it is meant in, such as `UTC` or `Europe/Zurich`.

    Raises:
        ConfigError: the expression or the zone is none, or no time ever fits.
    """

    def __init__(self, expression: str, timezone: str = "UTC") -> None:
        self.zone = _zone(timezone)
        self._trigger = _trigger(expression, self.zone)
        self._every_hour = expression.split()[1].startswith("*")
        if self._trigger.get_next_fire_time(None, datetime.now(UTC)) is None:
            raise ConfigError(f"a schedule has a next time; found that no day is ever '{expression}': correct its days")

    def next_after(self, moment: datetime) -> datetime:
        """The first planned time that is later, in UTC.

        Args:
            moment: with a time zone.
        """
        while True:
            found = self._trigger.get_next_fire_time(None, moment + timedelta(microseconds=1))
            moment = found.astimezone(UTC)
            if not found.fold or self._every_hour:
                return moment

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """What APScheduler asks: never a time that is past, so that runs which were missed become one."""
        return self.next_after(now if previous_fire_time is None else max(previous_fire_time, now))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # of no such zone, of a name that is none, of a folder of zones
        raise ConfigError(
            f"--timezone names a time zone of the IANA database; found '{name}': write such as UTC or Europe/Zurich"
        ) from None


def _trigger(expression: str, zone: ZoneInfo) -> Any:
    fields = expression.split()
    if len(fields) != len(FIELDS):
        raise ConfigError(
            f"--cron takes five fields ({', '.join(FIELDS)}); found {len(fields)} in '{expression}': write such as "
            f'"15 3 * * *", which is 03:15 every day'
        )
    minute, hour, day, month, weekday = fields
    try:
        either = not day.startswith("*") and not weekday.startswith("*")
        days = [(day, "*"), ("*", weekday)] if either else [(day, weekday)]
        triggers = [
            CronTrigger(minute=minute, hour=hour, day=a_day, month=month, day_of_week=_named(on), timezone=zone)
            for a_day, on in days
        ]
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"--cron is a crontab expression; found '{expression}': {error}. Write such as \"15 3 * * *\", which is "
            f"03:15 every day"
        ) from None
    return triggers[0] if len(triggers) == 1 else OrTrigger(triggers)


def _named(weekdays: str) -> str:
    """Numbers of crontab, where 0 and 7 are Sunday, as names: APScheduler's own numbers begin on Monday."""
    return ",".join(_part(part) for part in weekdays.split(","))


def _part(part: str) -> str:
    if span := _SPAN.fullmatch(part):
        first, last, step = int(span[1]), int(span[2]), int((span[3] or "/1")[1:])
        if first > last or step < 1:
            raise ValueError(f"the span of weekdays '{part}' runs backwards or stands still")
        return ",".join(_DAYS[number] for number in range(first, last + 1, step))
    if every := re.fullmatch(r"\*/([1-9][0-9]*)", part):
        return ",".join(_DAYS[number] for number in range(0, 7, int(every[1])))
    if part.isdigit():
        if int(part) >= len(_DAYS):
            raise ValueError(f"weekdays are 0 to 7, and '{part}' is none")
        return _DAYS[int(part)]
    return part
