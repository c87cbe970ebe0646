"""A partition of a log as a span of time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.errors import DataError

_FORMATS = {
    "%Y-%m-%d": timedelta(days=1),
    "%Y%m%d": timedelta(days=1),
    "%Y-%m-%dT%H": timedelta(hours=1),
    "%Y-%m-%d-%H": timedelta(hours=1),
    "%Y%m%d%H": timedelta(hours=1),
}
"""How values are written, and how long such a partition is."""


@dataclass(frozen=True, order=True)
class Span:
    """The time that a partition holds.

    Attributes:
        start: its first moment.
        value: as its folder has it.
        length: of the time.
    """

    start: datetime
    value: str
    length: timedelta


def spans(column: str, values: Iterable[str]) -> list[Span]:
    """Partitions in the order of time.

    Raises:
        DataError: a value is no day and no hour, or some are days and others hours.
    """
    found = sorted(_span(column, value) for value in values)
    if len({span.length for span in found}) > 1:
        raise DataError(
            f"partitions are all days or all hours; found {found[0].value} and {found[-1].value} in '{column}': write "
            f"them alike"
        )
    return found


def _span(column: str, value: str) -> Span:
    for form, length in _FORMATS.items():
        try:
            start = datetime.strptime(value, form)
        except ValueError:
            continue
        if start.strftime(form) == value:
            return Span(start, value, length)
    raise DataError(
        f"a partition is a day (2026-01-13 or 20260113) or an hour (2026-01-13T05, 2026-01-13-05 or 2026011305); found "
        f"'{column}={value}': remove that folder, or name another column in [retrain] partition"
    )
