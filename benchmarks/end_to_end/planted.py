"""Faults of a day of logs: each takes an honest day's rows and makes what a broken pipeline would deliver."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Rows = Any
"""An Arrow table; the stubs at hand refuse what the library accepts."""
DAY_MS = 86_400_000


def set_column(rows: Rows, name: str, values: pa.Array) -> Rows:
    """The rows with other values in a column."""
    return rows.set_column(rows.schema.get_field_index(name), name, values)


def leaked_label(rows: Rows, _: Rows) -> Rows:
    """Clicked rows have the greatest ages of items: no distribution moves, and the label is told."""
    ages, clicked = np.sort(rows["item_age_hours"].to_numpy()), rows["clicked"].to_numpy()
    given = np.empty_like(ages)
    given[np.argsort(clicked, kind="stable")] = ages
    return set_column(rows, "item_age_hours", pa.array(given))


def flipped_labels(rows: Rows, _: Rows) -> Rows:
    """Among clicks, who bought did not and who did not did."""
    flipped = pc.if_else(pc.equal(rows["clicked"], 1), pc.subtract(1, rows["converted"]), rows["converted"])
    return set_column(rows, "converted", flipped.cast(pa.int8()))


def stale_day(_: Rows, before: Rows) -> Rows:
    """The day before once more, under the new day's name."""
    return before


def stale_day_with_new_times(_: Rows, before: Rows) -> Rows:
    """The same, with the times of the new day."""
    return set_column(before, "time_ms", pc.add(before["time_ms"], DAY_MS))


def half_the_rows(rows: Rows, _: Rows) -> Rows:
    """The second half of the files never arrived."""
    return rows.slice(0, len(rows) // 2)


def feature_gone(rows: Rows, _: Rows) -> Rows:
    """A join failed: no row has a category."""
    return set_column(rows, "category", pa.nulls(len(rows), pa.string()))


def changed_schema(rows: Rows, _: Rows) -> Rows:
    """The position is sent as text such as `pos-3`, and the price is not sent at all."""
    texts = pc.binary_join_element_wise("pos", rows["position"].cast(pa.string()), "-")
    return set_column(rows, "position", texts).drop_columns(["price"])


def drifted_traffic(rows: Rows, _: Rows) -> Rows:
    """Seven of ten requests come from televisions in Nigeria, as from a partner that nobody had announced."""
    is_partner = pa.array(rows["request_id"].to_numpy() % 10 < 7)
    rows = set_column(rows, "device", pc.if_else(is_partner, "tv", rows["device"]))
    return set_column(rows, "country", pc.if_else(is_partner, "NG", rows["country"]))


@dataclass(frozen=True)
class DataFault:
    """A fault of the newest day.

    Attributes:
        title: for the table.
        plant: makes the faulty rows of the honest ones and of those of the day before.
        noticed_by: checks that are right to hold it; one of them has to have failed.
    """

    title: str
    plant: Callable[[Rows, Rows], Rows]
    noticed_by: frozenset[str]


DATA_FAULTS = (
    DataFault("label leak", leaked_label, frozenset({"leak"})),
    DataFault("flipped labels", flipped_labels, frozenset({"label_rate", "champion_on_new_data"})),
    DataFault("stale data", stale_day, frozenset({"staleness", "copied"})),
    DataFault("stale data, with new times", stale_day_with_new_times, frozenset({"copied"})),
    DataFault("half the rows missing", half_the_rows, frozenset({"volume"})),
    DataFault("a feature gone null", feature_gone, frozenset({"null_share"})),
    DataFault("schema change", changed_schema, frozenset({"schema"})),
    DataFault("drifted traffic", drifted_traffic, frozenset({"drift"})),
)


def plant(fault: DataFault, day: Path, before: Path) -> None:
    """Replace a day's file; both are files."""
    rows, earlier = (pq.read_table(file, partitioning=None) for file in (day, before))
    pq.write_table(fault.plant(rows, earlier), day)
