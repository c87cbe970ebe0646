"""What past rates there are, and what a setting may name."""

import re
from collections.abc import Sequence

from pydantic import Field

from models.errors import ConfigError
from models.features import CategoricalFeature, Feature
from models.frozen import Frozen
from models.heads import Task
from models.names import ColumnName, TaskName

_SPAN = re.compile(r"^([1-9]\d{0,3})([dh])$")
_HOUR_US = 3_600_000_000


class PastRatesConfig(Frozen):
    """Rates and counts of an id in earlier periods: what a table of last week's numbers would say of it."""

    of: tuple[ColumnName, ...] = Field(min_length=1)
    """Categorical features; several are counted as one combination."""
    tasks: tuple[TaskName, ...] | None = None
    """Tasks whose labels are averaged; left out, all of them; an empty list counts rows alone."""
    period: str = Field(default="1d", pattern=_SPAN.pattern)
    """Such as "1d" or "6h", in UTC: a training row sees the periods that ended before its own began, and no other."""
    smoothing: float = Field(default=20.0, ge=0.01, le=1e9)
    """Rows at the overall rate that every id is given on top of its own; at so many own rows it is half believed."""
    half_life: str | None = Field(default=None, pattern=_SPAN.pattern)
    """A row of this age counts half as much as a new one; left out, old rows count in full."""
    min_count: int = Field(default=2, ge=1)
    """An id with fewer (decayed) rows has no past: it is as good as new, and the checkpoint need not hold it."""

    @property
    def period_us(self) -> int:
        """Length of a period in microseconds."""
        return _microseconds(self.period)

    @property
    def decay(self) -> float:
        """What is left of a row's weight after a period."""
        return 1.0 if self.half_life is None else float(0.5 ** (self.period_us / _microseconds(self.half_life)))

    def averaged_tasks(self, tasks: Sequence[Task]) -> tuple[Task, ...]:
        """The tasks whose labels are averaged, in the order of the setting."""
        by_name = {task.name: task for task in tasks}
        return tuple(tasks) if self.tasks is None else tuple(by_name[name] for name in self.tasks)


def check_past_rates(past_rates: Sequence[PastRatesConfig], features: Sequence[Feature], tasks: Sequence[Task]) -> None:
    """Refuse past rates that fit neither features nor tasks.

    Raises:
        ConfigError: a name that is no categorical feature, an unknown task, or the same thing twice.
    """
    categorical = [feature.name for feature in features if isinstance(feature, CategoricalFeature)]
    names = [task.name for task in tasks]
    for each in past_rates:
        _refuse_strangers("of", each.of, "categorical features", categorical)
        _refuse_strangers("tasks", each.tasks or (), "tasks", names)
    described = [(frozenset(each.of), each.period, each.half_life) for each in past_rates]
    for position, each in enumerate(past_rates):
        if described[position] in described[:position]:
            raise ConfigError(
                f"each `[[past_rates]]` tells something of its own; found {' and '.join(each.of)} twice with the same "
                f"period and half-life: merge their `tasks`, or remove one"
            )


def _refuse_strangers(setting: str, found: Sequence[str], what: str, known: Sequence[str]) -> None:
    strangers = [name for name in found if name not in known]
    if strangers:
        raise ConfigError(
            f"`{setting}` of `[[past_rates]]` names {what}; found {', '.join(strangers)}: "
            f"use some of {', '.join(known) or '(there are none)'}"
        )
    if twice := sorted({name for name in found if found.count(name) > 1}):
        raise ConfigError(
            f"`{setting}` of `[[past_rates]]` names each of its {what} once; found more than once: "
            f"{', '.join(twice)}: remove the repetition"
        )


def _microseconds(text: str) -> int:
    match = _SPAN.match(text)
    assert match is not None
    return int(match.group(1)) * (24 if match.group(2) == "d" else 1) * _HOUR_US
