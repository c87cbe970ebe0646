"""Labels: checked, in seconds, and missing where they do not count."""

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pydantic import TypeAdapter

from models.errors import DataError
from models.heads import Task
from training.data.labels import check_label_type, labels

CLICK = {"name": "click", "kind": "binary", "label": "clicked"}
DWELL = {"name": "dwell", "kind": "duration", "label": "spent"}


def tasks(*settings: dict[str, Any]) -> list[Task]:
    return TypeAdapter(list[Task]).validate_python(list(settings))


def of(column: str, values: Any, settings: dict[str, Any], **others: Any) -> np.ndarray:
    made = tasks(settings)
    chunk = pa.RecordBatch.from_pydict({column: pa.array(values) if isinstance(values, list) else values, **others})
    check_label_type(made[0], chunk.column(column).type)
    return labels(made, chunk)[made[0].name]


class TestBinary:
    @pytest.mark.parametrize(
        "values",
        [
            [1, 0, None],
            [True, False, None],
            [1.0, 0.0, None],
            [1.0, 0.0, math.nan],
            [Decimal(1), Decimal(0), None],
            pa.array([1, 0, None], pa.uint8()),
        ],
    )
    def test_zero_one_and_null(self, values: Any) -> None:
        np.testing.assert_array_equal(of("clicked", values, CLICK), [1, 0, math.nan])

    @pytest.mark.parametrize("wrong", [2, -1, 0.5, math.inf, 10**18])
    def test_anything_else_is_refused(self, wrong: float) -> None:
        with pytest.raises(DataError, match=r"0, 1 or null; column 'clicked' of task 'click' holds .* \(2 of 4 rows"):
            of("clicked", [0.0, float(wrong), None, float(wrong)], CLICK)


class TestDuration:
    @pytest.mark.parametrize(("unit", "factor"), [("ms", 0.001), ("s", 1), ("min", 60)])
    def test_seconds_whatever_the_unit(self, unit: str, factor: float) -> None:
        np.testing.assert_allclose(of("spent", [5.0, 0.0, None], {**DWELL, "unit": unit}), [5 * factor, 0, math.nan])

    @pytest.mark.parametrize("wrong", [-1, -1e-9, math.inf, -math.inf])
    def test_negative_and_infinite_are_refused(self, wrong: float) -> None:
        with pytest.raises(
            DataError, match=r"zero or more, finite, or null; column 'spent' of task 'dwell' holds .*log"
        ):
            of("spent", [1.0, wrong], DWELL)


class TestObservedWhen:
    def test_only_where_the_other_label_is_positive(self) -> None:
        made = tasks(CLICK, {**DWELL, "observed_when": "click"})
        chunk = pa.RecordBatch.from_pydict({"clicked": [1, 0, None, 1], "spent": [5.0, 6.0, 7.0, None]})
        found = labels(made, chunk)
        np.testing.assert_array_equal(found["dwell"], [5, math.nan, math.nan, math.nan])
        np.testing.assert_array_equal(found["click"], [1, 0, math.nan, 1])

    def test_a_chain_looks_at_what_happened(self) -> None:
        cart = {"name": "cart", "kind": "binary", "label": "cart", "observed_when": "click"}
        buy = {"name": "buy", "kind": "binary", "label": "buy", "observed_when": "cart"}
        chunk = pa.RecordBatch.from_pydict({"clicked": [1, 1, 0], "cart": [1, 0, 0], "buy": [1, 0, 0]})
        np.testing.assert_array_equal(labels(tasks(CLICK, cart, buy), chunk)["buy"], [1, math.nan, math.nan])

    def test_a_label_that_does_not_count_is_checked_all_the_same(self) -> None:
        made = tasks(CLICK, {**DWELL, "observed_when": "click"})
        with pytest.raises(DataError, match="holds -6"):
            labels(made, pa.RecordBatch.from_pydict({"clicked": [1, 0], "spent": [5.0, -6.0]}))


@pytest.mark.parametrize("type_", [pa.string(), pa.timestamp("us"), pa.list_(pa.int8()), pa.duration("s")], ids=str)
def test_a_label_that_is_no_number_is_refused_by_name(type_: pa.DataType) -> None:
    (task,) = tasks(CLICK)
    with pytest.raises(DataError, match=r"number or null; column 'clicked' of task 'click' is of type .*: correct the"):
        check_label_type(task, type_)


def test_a_column_of_nulls_is_a_label_that_is_never_observed() -> None:
    assert np.isnan(of("clicked", pa.nulls(3), CLICK)).all()
