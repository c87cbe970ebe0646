"""New rows are new."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from models.reference import Reference
from training.data.config import parse_duration
from training.profiling.window_profile import WindowProfile
from training.retraining.checks.config import NEVER, ChecksConfig
from training.retraining.observation import Observation

_ZONES = timedelta(hours=14)
"""A partition may be a day of any time zone: the day begins up to so many hours before that of UTC."""
_HOUR = timedelta(hours=1)


def staleness(
    new: WindowProfile, reference: Reference | None, config: ChecksConfig, now: datetime | None
) -> Iterator[Observation]:
    """Held where the newest row is too old, older than the champion's newest, or older than its partition's name says.

    Observed and limit are hours.
    """
    newest = max(part.newest for part in new.partitions.values())
    if now is not None and config.max_age != NEVER:
        reason = f"the newest row is of {_text(newest)}, and it is {_text(now)}"
        yield _at_most(None, now - newest, parse_duration(config.max_age), reason)
    if reference is not None:
        reason = f"the newest row is of {_text(newest)}; the champion has seen rows of {_text(reference.newest)}"
        yield _at_most(None, reference.newest - newest, timedelta(0), reason)
    for name, part in new.partitions.items():
        if (day := day_of(name)) is not None:
            reason = f"the newest row of partition {name} is of {_text(part.newest)}"
            yield _at_most(name, datetime.combine(day, time(), UTC) - part.newest, _ZONES, reason)


def day_of(partition: str) -> date | None:
    """The day that a partition's name begins with, 2026-01-13 or 20260113; None where it begins with none."""
    for length in (10, 8):
        try:
            return date.fromisoformat(partition[:length])
        except ValueError:
            continue
    return None


def _at_most(field: str | None, found: timedelta, limit: timedelta, reason: str) -> Observation:
    hours, allowed = found / _HOUR, limit / _HOUR
    said = f"{reason}: {hours:.1f} hours later, at most {allowed:g} are allowed"
    return Observation.of("staleness", field, hours, allowed, found <= limit, said)


def _text(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
