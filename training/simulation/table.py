"""A chunk of impressions as an Arrow table: the columns of the log."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from training.simulation import effects
from training.simulation.config import SimulationConfig
from training.simulation.effects import Flags, Floats, Ints
from training.simulation.history import Ragged, spans
from training.simulation.items import Items
from training.simulation.outcomes import Labels, Truth
from training.simulation.requests import Shown
from training.simulation.world import Day

Column = Any
"""An Arrow array; the stubs at hand refuse what the library accepts."""

TRUTH_COLUMNS = {
    "clicked": ("true_click", "P(clicked | everything): the probability the label was drawn from."),
    "dwell_seconds": (
        "true_dwell_seconds",
        "E[dwell_seconds | clicked, everything]: the mean of the mixture of a bounce and a log-normal stay.",
    ),
    "converted": (
        "true_conversion",
        "P(converted | clicked, everything); not of a click and a conversion together.",
    ),
}
"""Label column to truth column, and what that holds."""

PUBLISHERS = tuple(f"p{index:03d}" for index in range(effects.NUM_PUBLISHERS))


class DayTable:
    """Turns chunks of one day into tables; the names of users and items are spelled once."""

    def __init__(self, config: SimulationConfig, day: Day) -> None:
        self._day = day
        self._first_id = day.index * config.impressions_per_day
        self._users = _ids("u", len(day.users))
        self._items = _ids("i", len(day.items))
        self._tags = _tags(day.items)

    def build(self, shown: Shown, history: Ragged, rates: Truth, labels: Labels, rows_before: int) -> pa.Table:
        """The table of one chunk; `rows_before` counts the rows of the day in earlier chunks."""
        impression = self._first_id + rows_before + np.arange(len(shown.item))
        first = np.cumsum(shown.size) - shown.size
        columns = {
            "impression_id": _arrow(impression),
            "request_id": _arrow(impression[first][shown.request]),
            **self._context(shown),
            "history": _lists(history, self._items),
            **self._candidate(shown),
            "clicked": _arrow(labels.clicked.astype(np.int8)),
            "dwell_seconds": _arrow(labels.dwell_seconds, mask=np.isnan(labels.dwell_seconds)),
            "converted": _arrow(labels.converted.astype(np.int8)),
            "true_click": _arrow(rates.click),
            "true_dwell_seconds": _arrow(rates.dwell_seconds),
            "true_conversion": _arrow(rates.conversion),
        }
        return pa.table(columns)

    def _context(self, shown: Shown) -> dict[str, Column]:
        users, request = self._day.users, shown.request
        age_band = np.where(users.age_known, users.age_band, -1)
        tenure_days = (shown.time_ms - users.joined_ms[shown.user]) / effects.DAY_MS
        unknown = ~users.tenure_known[shown.user]
        return {
            "time_ms": _arrow(shown.time_ms[request]),
            "user_id": self._users.take(_arrow(shown.user[request])),
            "country": _named(effects.COUNTRIES, users.country[shown.user][request]),
            "device": _named(effects.DEVICES, shown.device[request]),
            "age_band": _named(effects.AGE_BANDS, age_band[shown.user][request]),
            "hour": _arrow(shown.hour[request].astype(np.int32)),
            "placement": _named(effects.PLACEMENTS, shown.placement[request]),
            "position": _arrow(shown.position.astype(np.int32)),
            "user_tenure_days": _numbers(tenure_days[request], unknown[request]),
        }

    def _candidate(self, shown: Shown) -> dict[str, Column]:
        items, item = self._day.items, shown.item
        age_hours = (shown.time_ms[shown.request] - items.born_ms[item]) / effects.HOUR_MS
        return {
            "item_id": self._items.take(_arrow(item)),
            "publisher_id": _named(PUBLISHERS, items.publisher[item]),
            "category": _named(effects.CATEGORIES, items.category[item]),
            "tags": _tags_of(self._tags, item),
            "item_age_hours": _arrow(np.round(age_hours, 3)),
            "price": _numbers(items.price[item], ~items.price_known[item]),
        }


def text_leaves(schema: pa.Schema) -> list[str]:
    """The Parquet leaves worth a dictionary: text and small integers; on doubles it would only slow the writer."""
    leaves = []
    for field in schema:
        if pa.types.is_list(field.type):
            leaves.append(f"{field.name}.list.element")
        elif not pa.types.is_floating(field.type) and not pa.types.is_int64(field.type):
            leaves.append(field.name)
    return leaves


def _arrow(values: Any, mask: Flags | None = None) -> Column:
    return pa.array(values, mask=mask)


def _ids(letter: str, count: int) -> Column:
    digits: Column = pc.utf8_lpad(_arrow(np.arange(count)).cast(pa.string()), width=6, padding="0")
    joined: Column = pc.binary_join_element_wise
    return joined(letter, digits, "")


def _named(names: tuple[str, ...], codes: Ints) -> Column:
    """Text of few distinct values, kept as codes; -1 is null. Parquet stores and returns it as plain text."""
    indices = _arrow(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, _arrow(names))


def _numbers(values: Floats, missing: Flags) -> Column:
    return _arrow(values, mask=missing)


def _lists(lists: Ragged, names: Column) -> Column:
    return pa.ListArray.from_arrays(_arrow(lists.offsets.astype(np.int32)), names.take(_arrow(lists.values)))


def _tags(items: Items) -> tuple[Ragged, Column]:
    """Different tags of every item in the order drawn, and the names of all tags."""
    ends = np.concatenate([[0], np.cumsum(items.num_tags)])
    shown = np.arange(items.tags.shape[1]) < items.num_tags[:, None]
    per_category = effects.NUM_TAGS // len(effects.CATEGORIES)
    names = _arrow(
        [f"{effects.CATEGORIES[tag // per_category]}-{tag % per_category + 1}" for tag in range(effects.NUM_TAGS)]
    )
    return Ragged(items.tags[shown], ends), names


def _tags_of(tags: tuple[Ragged, Column], item: Ints) -> Column:
    of_items, names = tags
    size = np.diff(of_items.offsets)[item]
    values = of_items.values[spans(of_items.offsets[item], size)]
    return _lists(Ragged(values, np.concatenate([[0], np.cumsum(size)])), names)
