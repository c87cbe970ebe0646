"""Which kind of input a column may be, and whether it is the request's or the item's."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from training.initial.column import ColumnProfile

_CONTEXT_WORDS = re.compile(r"^(user|device|country|region|hour|weekday|day|os|browser|age|gender|placement|tab)", re.I)
_USER_WORDS = re.compile(r"^(user|member|visitor|customer)(_?id)?$", re.I)
_CATEGORY_WORDS = re.compile(
    r"(^|_)id$|_id_|tab$|placement|hour|weekday|type|code"
    r"|(^|_)(user|member|visitor|customer|item|video|article|product|sku|song|author|artist|publisher|channel|shop|brand"
    r"|ad|advertiser|campaign|creative)(_?id)?$",
    re.I,
)
_SHARED_ROWS = 2_000
"""Lists of this many rows are compared with an id column."""

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


def features(columns: Sequence[ColumnProfile]) -> list[FeatureGuess]:
    """Every column as a feature."""
    user = next((column for column in columns if _USER_WORDS.search(column.name)), None)
    guessed = [_feature(column, user) for column in columns]
    ids = [
        found.column
        for found in guessed
        if found.kind == "categorical"
        and found.column.name.lower().endswith("id")
        and not _CONTEXT_WORDS.search(found.column.name)
    ]
    return [_sharing(found, ids) if found.column.is_list else found for found in guessed]


def user_column(guessed: Sequence[FeatureGuess]) -> str | None:
    """The feature that names the user, where there is one."""
    return next((found.column.name for found in guessed if _USER_WORDS.search(found.column.name)), None)


def id_columns(guessed: Sequence[FeatureGuess]) -> list[str]:
    """The user, and the candidate's id with the most values: what a new row may be new by."""
    categories = [found for found in guessed if found.kind == "categorical"]
    users = [found.column.name for found in categories if _USER_WORDS.search(found.column.name)]
    ids = [
        found.column
        for found in categories
        if found.scope == "candidate" and found.column.name.lower().endswith("id") and found.column.name not in users
    ]
    items = sorted(ids, key=lambda column: -column.num_distinct)
    return [*users[:1], *(column.name for column in items[:1])]


def _feature(column: ColumnProfile, user: ColumnProfile | None) -> FeatureGuess:
    scope, scope_why = _scope(column, user)
    count = f"{column.num_distinct:,} distinct"
    if column.is_list:
        return FeatureGuess(column, "multi_categorical", scope, f"a list of {count}; {scope_why}")
    if column.is_text:
        if not pa.types.is_dictionary(column.type) and (pc.mean(pc.match_substring(column.values, ",")).as_py() > 0.05):
            return FeatureGuess(column, "multi_categorical", scope, f"text with commas; {scope_why}", separator=",")
        return FeatureGuess(column, "categorical", scope, f"text, {count}; {scope_why}")
    whole = pa.types.is_integer(column.type) or pa.types.is_boolean(column.type)
    if whole and (_CATEGORY_WORDS.search(column.name) or column.num_distinct <= 50):
        return FeatureGuess(column, "categorical", scope, f"whole numbers, {count}; {scope_why}")
    return FeatureGuess(column, "numeric", scope, f"numbers, {count}; {scope_why}")


def _sharing(feature: FeatureGuess, ids: Sequence[ColumnProfile]) -> FeatureGuess:
    """The list with the id column whose values it holds, where there is one."""
    held = feature.column.texts(_SHARED_ROWS)
    for column in ids:
        if len(held & column.texts()) > 0.5 * len(held):
            why = feature.why.replace(" distinct;", f" distinct, most of them found in {column.name};", 1)
            return replace(feature, why=why, shares=column.name)
    return feature


def _scope(column: ColumnProfile, user: ColumnProfile | None) -> tuple[Scope, str]:
    """Context where the column is a fact of the user rather than of the item."""
    if _CONTEXT_WORDS.search(column.name):
        return "context", "named like the request's"
    if column.is_list and "histor" in column.name.lower():
        return "context", "a history"
    if user is None:
        return "candidate", "a guess"
    known = user.codes >= 0
    users, values = user.codes[known], column.codes[known]
    counts = np.bincount(users)
    one_value = np.empty(len(counts), dtype=np.int64)
    one_value[users] = values
    per_user = float((np.bincount(users, values != one_value[users]) == 0).mean())
    repeats = float((counts[users] > 1).mean())
    if repeats > 0.5 and per_user > 0.8:
        return "context", f"one value for {per_user:.0%} of users"
    return "candidate", "varies within users"
