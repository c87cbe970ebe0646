"""What each column is for: the timestamp, a label, a feature, or nothing. Every guess says why."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from training.initial.column import ColumnProfile
from training.initial.features import FeatureGuess, features
from training.initial.labels import LabelGuess, label, outcome_as_text
from training.initial.leaks import leak

_ROW_ID_WORDS = re.compile(r"(impression|request|session|event|row|trace|log)_?(id|uuid|key)$", re.I)
_DAY_WORDS = re.compile(r"^(date|day|ds|dt|partition_?date)$", re.I)
_TIME_WORDS = re.compile(r"time|ts|stamp|date|_at$", re.I)
_TIME_RANGES = {"s": (9e8, 4.2e9), "ms": (9e11, 4.2e12), "us": (9e14, 4.2e15)}
_LARGEST = 1e150
"""The square of a larger number is infinite, and so would be the deviation that a numeric feature needs."""


@dataclass
class Guesses:
    """What a log's columns may be for."""

    timestamp: ColumnProfile | None = None
    timestamp_unit: str | None = None
    labels: list[LabelGuess] = field(default_factory=list)
    features: list[FeatureGuess] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def guess(columns: Sequence[ColumnProfile], truth: Sequence[str] = ()) -> Guesses:
    """Guess a use for each column.

    Args:
        columns: profiles of the log's columns.
        truth: columns of a simulated log that hold the true probabilities: never an input.
    """
    found = Guesses()
    inputs = [column for column in columns if not _set_apart(column, truth, found)]
    found.labels.sort(key=lambda label: (label.kind != "binary", -label.mean))
    leaks = {column.name: reason for column in inputs if (reason := leak(column, found.labels))}
    found.left_out |= leaks
    found.features = features([column for column in inputs if column.name not in leaks])
    return found


def _set_apart(column: ColumnProfile, truth: Sequence[str], found: Guesses) -> bool:
    """Take the timestamp and the labels, and leave out what can be no input."""
    if column.refused is not None:
        found.left_out[column.name] = column.refused
        return True
    unit = _time_unit(column)
    if unit is not None and found.timestamp is None and column.null_share == 0:
        found.timestamp, found.timestamp_unit = column, unit or None
        return True
    reason = _time(column) if unit is not None else _never_an_input(column, truth)
    if reason is None and (outcome := label(column)) is not None:
        found.labels.append(outcome)
        return True
    reason = reason or outcome_as_text(column) or _never_again(column)
    if reason is not None:
        found.left_out[column.name] = reason
    return reason is not None


def _time(column: ColumnProfile) -> str:
    if column.null_share:
        return f"a time, null in {column.null_share:.0%}: days since then may be a feature, the time itself is not"
    return "a second time column: days since then may be a feature, the time itself is not"


def _never_an_input(column: ColumnProfile, truth: Sequence[str]) -> str | None:
    """Why the column is neither a label nor a feature."""
    if column.name in truth:
        return "the simulator's truth: never an input"
    if _DAY_WORDS.search(column.name):
        return "the day itself never comes again"
    if column.num_distinct == 0:
        return "null in every row"
    if column.num_distinct == 1 and not column.is_list:
        return "the same value in every row"
    if column.is_number and (largest := np.nanmax(np.abs(column.numbers))) > _LARGEST:
        return f"reaches {largest:g}, which training refuses: write null instead"
    return None


def _never_again(column: ColumnProfile) -> str | None:
    """Why the column is the id of a row."""
    unique = column.num_distinct >= 0.9 * len(column.values) and not column.is_list
    whole = not column.is_number or pa.types.is_integer(column.type)
    if _ROW_ID_WORDS.search(column.name) or (unique and whole):
        return "an id of the row or request: it never comes again"
    return None


def _time_unit(column: ColumnProfile) -> str | None:
    """Unit of a column that is a time: empty for a timestamp type, None where it is no time."""
    if pa.types.is_timestamp(column.type):
        return ""
    if pa.types.is_integer(column.type) and column.num_distinct > 1 and _TIME_WORDS.search(column.name):
        low, high = np.nanmin(column.numbers), np.nanmax(column.numbers)
        for unit, (first, last) in _TIME_RANGES.items():
            if first <= low and high <= last:
                return unit
    return None
