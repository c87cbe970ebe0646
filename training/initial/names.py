"""A valid and unique task name for every label, whatever its column is called."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count

from training.initial.labels import LabelGuess

_LONGEST = 64
"""As `models.names.TaskName`."""


def task_names(labels: Sequence[LabelGuess]) -> dict[str, str]:
    """By label column, the name of its task: "is_clicked" becomes "clicked" where no other label does."""
    short = Counter(_short(label.column.name) for label in labels)
    names: dict[str, str] = {}
    taken: set[str] = set()
    for label in labels:
        column = label.column.name
        wanted = _short(column) if short[_short(column)] == 1 else _valid(column)
        name = next(name for name in _tries(wanted) if taken.isdisjoint(_fields(name, label)))
        taken.update(_fields(name, label))
        names[column] = name
    return names


def _fields(name: str, label: LabelGuess) -> set[str]:
    """Fields of the answer that the task fills."""
    suffixes = {"binary": (), "duration": ("_median", "_low", "_high"), "value": ("_probability",)}
    return {name, *(name + suffix for suffix in suffixes[label.kind])}


def _tries(name: str) -> Iterator[str]:
    yield name
    for number in count(2):
        suffix = f"_{number}"
        yield name[: _LONGEST - len(suffix)] + suffix


def _short(column: str) -> str:
    return _valid(re.sub("^is_", "", column, flags=re.I))


def _valid(column: str) -> str:
    """Lower case letters without accents, digits and underscores, beginning with a letter."""
    plain = unicodedata.normalize("NFKD", column).encode("ascii", "ignore").decode().lower()
    name = re.sub("[^a-z0-9]", "_", plain).strip("_") or "task"
    return (name if name[0].isalpha() else f"task_{name}")[:_LONGEST]
