"""The last day of each id, whatever the order of the rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.columns import Bags, Categories
from models.config import ModelConfig
from tests.training.small import MODEL, TASKS
from training.growth.last_seen import LastSeenFit
from training.growth.newest_days import NEVER

FEATURES: list[dict[str, Any]] = [
    {"name": "user", "kind": "categorical", "scope": "context"},
    {"name": "hashed", "kind": "categorical", "scope": "context", "vocabulary": {"kind": "hash", "num_buckets": 2}},
    {"name": "history", "kind": "multi_categorical", "scope": "context", "shares": "user"},
    {"name": "age", "kind": "numeric", "scope": "context"},
]
CROSSES = [{"name": "pair", "of": ["user", "hashed"]}]
CONFIG = ModelConfig.model_validate({"features": FEATURES, "crosses": CROSSES, "tasks": TASKS, **MODEL})
Row = tuple[int, str | None, list[str]]
ROWS = st.lists(
    st.tuples(
        st.integers(-5, 5), st.sampled_from(["a", "b", None]), st.lists(st.sampled_from(["a", "b", "c"]), max_size=3)
    ),
    min_size=1,
)


def add(fit: LastSeenFit, rows: Sequence[Row]) -> None:
    """One chunk; values of columns repeat, as those of a log may."""
    users = [user for _, user, _ in rows]
    present = [user for user in users if user is not None]
    numbers = iter(range(len(present)))
    codes = np.array([-1 if user is None else next(numbers) for user in users])
    elements = [element for _, _, history in rows for element in history]
    offsets = np.cumsum([0, *(len(history) for _, _, history in rows)])
    columns = {
        "user": Categories(present, codes),
        "hashed": Categories(["h"], np.zeros(len(rows), np.int64)),
        "history": Bags(elements, np.arange(len(elements)), offsets),
        "age": np.zeros(len(rows)),
    }
    fit.add(columns, np.array([day for day, _, _ in rows], dtype=np.int32))


@given(ROWS, st.integers(1, 4))
def test_it_is_the_newest_day_of_any_row_with_the_id(rows: list[Row], chunk: int) -> None:
    fit = LastSeenFit(CONFIG)
    for start in range(0, len(rows), chunk):
        add(fit, rows[start : start + chunk])
    days = [day for day, _, _ in rows]
    assert (fit.oldest, fit.newest) == (min(days), max(days))
    for value in "abcd":
        seen = [day for day, user, history in rows if user == value or value in history]
        assert fit.of("user", [value]).tolist() == [max(seen, default=NEVER)]
        crossed = [day for day, user, _ in rows if user == value]
        assert fit.of("pair", [f"{value}|h"]).tolist() == [max(crossed, default=NEVER)]
