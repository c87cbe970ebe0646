"""What each column is for: the timestamp, a label, a feature, or nothing. Every guess says why."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa
from sklearn.metrics import roc_auc_score

from models.columns import category_text
from training.initial.profile import ColumnProfile

_LABEL_WORDS = re.compile(
    r"click|view|conver|purchas|order|install|like|hate|share|forward|follow|comment|enter|signup|label|bought", re.I
)
_DURATION_WORDS = re.compile(r"dwell|play_?time|watch_?time|view_?time|time_?spent|stay", re.I)
_ROW_ID_WORDS = re.compile(r"(impression|request|session|event|row|trace|log)_?(id|uuid|key)$", re.I)
_DAY_WORDS = re.compile(r"^(date|day|ds|dt|partition_?date)$", re.I)
_CONTEXT_WORDS = re.compile(r"^(user|device|country|region|hour|weekday|day|os|browser|age|gender|placement|tab)", re.I)
_TIME_RANGES = {"s": (9e8, 4.2e9), "ms": (9e11, 4.2e12), "us": (9e14, 4.2e15)}
_TELLS_TOO_MUCH = 0.93
"""A single column that orders a label this well (AUC) is rather its consequence than its cause."""

Scope = Literal["context", "candidate"]


@dataclass(frozen=True)
class FeatureGuess:
    """A column that may be an input."""

    column: ColumnProfile
    kind: Literal["categorical", "multi_categorical", "numeric"]
    scope: Scope
    why: str
    separator: str | None = None
    shares: str | None = None


@dataclass(frozen=True)
class LabelGuess:
    """A column that may be predicted."""

    column: ColumnProfile
    kind: Literal["binary", "duration"]
    why: str


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
    remaining = [column for column in columns if not _set_apart(column, truth, found)]
    for column in list(remaining):
        if (label := _label(column)) is not None:
            found.labels.append(label)
            remaining.remove(column)
    found.labels.sort(key=lambda label: (label.kind != "binary", -float(np.nanmean(label.column.values.astype(float)))))
    for column in remaining:
        leak = _leak(column, found.labels)
        if leak:
            found.left_out[column.name] = leak
        else:
            found.features.append(_feature(column, remaining))
    return found


def _set_apart(column: ColumnProfile, truth: Sequence[str], found: Guesses) -> bool:
    """Take the timestamp and leave out what can be no input."""
    unit = _time_unit(column)
    if unit is not None and found.timestamp is None:
        found.timestamp, found.timestamp_unit = column, unit or None
        return True
    if unit is not None:
        reason = "a second time column: days since then may be a feature, the time itself is not"
    elif column.name in truth:
        reason = "the simulator's truth: never an input"
    elif _DAY_WORDS.search(column.name):
        reason = "the day itself never comes again"
    elif column.num_distinct == 0:
        reason = "null in every row"
    elif column.num_distinct == 1 and not column.is_list:
        reason = "the same value in every row"
    elif _ROW_ID_WORDS.search(column.name) or (column.num_distinct >= 0.9 * len(column.values) and not column.is_list):
        if pa.types.is_floating(column.type):
            return False
        reason = "an id of the row or request: it never comes again"
    else:
        return False
    found.left_out[column.name] = reason
    return True


def _time_unit(column: ColumnProfile) -> str | None:
    """Unit of a column that is a time: empty for a timestamp type, None where it is no time."""
    if pa.types.is_timestamp(column.type):
        return ""
    if pa.types.is_integer(column.type) and column.num_distinct > 1:
        low, high = float(column.values.min()), float(column.values.max())
        for unit, (first, last) in _TIME_RANGES.items():
            if first <= low and high <= last and re.search(r"time|ts|stamp|date|_at$", column.name, re.I):
                return unit
    return None


def _label(column: ColumnProfile) -> LabelGuess | None:
    if column.is_zero_or_one and _LABEL_WORDS.search(column.name):
        rate = float(column.values.astype(float).mean())
        return LabelGuess(column, "binary", f"0 or 1, and named like an outcome; {rate:.2%} are 1")
    number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if number and _DURATION_WORDS.search(column.name) and column.num_distinct > 2 and column.values.min() >= 0:
        return LabelGuess(
            column, "duration", f"zero or more, and named like a time spent; median {column.values.median():g}"
        )
    return None


def _leak(column: ColumnProfile, labels: Sequence[LabelGuess]) -> str | None:
    """Why the column looks like a consequence of a label."""
    if column.is_list or column.is_text:
        return None
    values = column.values.astype(float)
    for label in labels:
        target = label.column.values.astype(float)
        rows = values.notna() & target.notna()
        if label.kind == "binary" and rows.any() and target[rows].nunique() == 2:
            auc = float(roc_auc_score(target[rows], values[rows]))
            if max(auc, 1 - auc) > _TELLS_TOO_MUCH:
                return f"orders '{label.column.name}' almost perfectly (AUC {max(auc, 1 - auc):.2f}): an outcome?"
    return None


def _feature(column: ColumnProfile, columns: Sequence[ColumnProfile]) -> FeatureGuess:
    scope, scope_why = _scope(column, columns)
    count = f"{column.num_distinct:,} distinct"
    if column.is_list:
        shares = _shared_with(column, columns)
        why = f"a list of {count}{f', most of them found in {shares}' if shares else ''}; {scope_why}"
        return FeatureGuess(column, "multi_categorical", scope, why, shares=shares)
    if column.is_text:
        if column.values.dropna().str.contains(",").mean() > 0.05:
            return FeatureGuess(column, "multi_categorical", scope, f"text with commas; {scope_why}", separator=",")
        return FeatureGuess(column, "categorical", scope, f"text, {count}; {scope_why}")
    is_id = re.search(r"(^|_)id$|_id_|tab$|placement|hour|weekday|type|code", column.name, re.I)
    if pa.types.is_floating(column.type) or (not is_id and column.num_distinct > 50):
        return FeatureGuess(column, "numeric", scope, f"numbers, {count}; {scope_why}")
    return FeatureGuess(column, "categorical", scope, f"whole numbers, {count}; {scope_why}")


def _shared_with(column: ColumnProfile, columns: Sequence[ColumnProfile]) -> str | None:
    """The id column whose values the lists hold."""
    held = {category_text(value) for row in column.values.dropna().head(2_000) for value in row}
    for other in columns:
        of_item = other.name.lower().endswith("id") and not _CONTEXT_WORDS.search(other.name)
        if of_item and not other.is_list and held:
            known = {category_text(value) for value in other.values.dropna().unique()}
            if len(held & known) > 0.5 * len(held):
                return other.name
    return None


def _scope(column: ColumnProfile, columns: Sequence[ColumnProfile]) -> tuple[Scope, str]:
    """Context where the column is a fact of the user rather than of the item."""
    if _CONTEXT_WORDS.search(column.name):
        return "context", "named like the request's"
    if column.is_list and "histor" in column.name.lower():
        return "context", "a history"
    user = next((c for c in columns if re.search(r"^(user|member|visitor|customer)_?id$", c.name, re.I)), None)
    if user is None:
        return "candidate", "a guess"
    texts = column.values.astype("string").fillna("")
    per_user = float(texts.groupby(user.values).nunique().eq(1).mean())
    repeats = float(user.values.duplicated(keep=False).mean())
    if repeats > 0.5 and per_user > 0.8:
        return "context", f"one value for {per_user:.0%} of users"
    return "candidate", "varies within users"
