"""A partition has about as many rows as earlier ones."""

from collections.abc import Iterator
from statistics import median

from models.reference import Reference
from training.profiling.window_profile import WindowProfile
from training.retraining.checks.config import ChecksConfig
from training.retraining.checks.staleness import day_of
from training.retraining.observation import Observation

NUM_RECENT = 28
"""Earlier partitions that count: four weeks, so that a log that grows is not held against its beginnings."""
FEWEST_ALIKE = 2
"""Earlier partitions of the same weekday and hour that are needed to be compared with instead of all. With a single one
the nearer of both counts: it may have been a bad day itself."""


def volume(new: WindowProfile, reference: Reference | None, config: ChecksConfig) -> Iterator[Observation]:
    """Held where a partition's rows over their usual number lie outside of the two limits."""
    for name, part in new.partitions.items():
        usual, of_what = _usual(name, part.rows, reference.rows_by_partition if reference else {})
        if usual is None:
            yield Observation.passing("volume", name, config.min_volume, "no earlier partition to compare with")
            continue
        ratio = part.rows / usual
        is_few = ratio < config.min_volume
        passed = config.min_volume <= ratio <= config.max_volume
        limit = config.max_volume if ratio > 1 else config.min_volume
        verdict = "" if passed else ": rows are missing" if is_few else ": rows came twice?"
        reason = (
            f"{part.rows:,} rows against {usual:,.0f}, the median of {of_what}: {ratio:.2f} times as many; allowed is "
            f"{config.min_volume:g} to {config.max_volume:g}{verdict}"
        )
        yield Observation.of("volume", name, ratio, limit, passed, reason)


def _usual(name: str, now: int, rows: dict[str, int]) -> tuple[float | None, str]:
    """Rows to expect in a partition, and of what that is the median."""
    earlier = {other: count for other, count in rows.items() if other != name}
    recent = dict(sorted(earlier.items())[-NUM_RECENT * max(1, _a_day(earlier)) :])
    if not recent:
        return None, ""
    alike = [count for other, count in recent.items() if _kind(other) == _kind(name) is not None]
    same_hour = [count for other, count in recent.items() if _hour(other) == _hour(name)] or list(recent.values())
    of_alike = f"{len(alike)} earlier of that weekday"
    if len(alike) >= FEWEST_ALIKE:
        return median(alike), of_alike
    of_all = median(same_hour), f"{len(same_hour)} earlier partitions"
    return (
        min(of_all, (alike[0], of_alike), key=lambda each: max(each[0], now) / max(1, min(each[0], now)))
        if alike
        else of_all
    )


def _kind(name: str) -> tuple[int, str] | None:
    """Weekday and hour."""
    day = day_of(name)
    return None if day is None else (day.weekday(), _hour(name))


def _hour(name: str) -> str:
    """What follows the day."""
    digits = "".join(each for each in name if each.isdigit())
    return digits[8:10]


def _a_day(rows: dict[str, int]) -> int:
    """Partitions of one day."""
    days = [day for name in rows if (day := day_of(name)) is not None]
    return max((days.count(day) for day in set(days)), default=1)
