"""One encoder for both sides: what a request says and what a log says encode to the same bits."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.batch import EncodedBatch, concatenate
from models.config import ModelConfig
from models.encoder import PADDING, Encoder
from tests.models.tiny import FEATURES, TASKS, config, encoder, from_rows, from_table, rows

CONFIG, ENCODER = config(), encoder()
IDS = st.sampled_from(["a", "b", "7", "new", "", "true", " a"])
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53).map(float)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "user": st.none() | IDS,
            "age": st.none() | NUMBERS,
            "history": st.none() | st.lists(st.none() | IDS, max_size=5),
            "item": st.none() | IDS,
            "price": st.none() | NUMBERS,
            "tags": st.none() | st.lists(st.sampled_from(["a", "b", " b ", "", "new"]), max_size=4).map(",".join),
        }
    ),
    max_size=6,
)
SCHEMA = pa.schema(
    {
        "user": pa.string(),
        "age": pa.float64(),
        "history": pa.list_(pa.string()),
        "item": pa.string(),
        "price": pa.float64(),
        "tags": pa.string(),
    }
)


def same(one: EncodedBatch, other: EncodedBatch) -> bool:
    return (
        torch.equal(one.ids, other.ids)
        and one.bags.keys() == other.bags.keys()
        and all(torch.equal(one.bags[name], other.bags[name]) for name in one.bags)
        and one.numerics.numpy().tobytes() == other.numerics.numpy().tobytes()
    )


class TestRequestAndLogAgree:
    @given(ROWS)
    def test_bit_for_bit(self, given_rows: list[dict[str, Any]]) -> None:
        num_rows = len(given_rows)
        by_row = ENCODER.encode(from_rows(CONFIG, given_rows), num_rows)
        by_column = ENCODER.encode(from_table(CONFIG, pa.Table.from_pylist(given_rows, SCHEMA)), num_rows)
        assert same(by_row, by_column)

    @pytest.mark.parametrize(
        ("values", "type_"),
        [
            ([7, None, -1, 2**53 + 1, 2**63 - 1], pa.int64()),
            ([7, None, 2**64 - 1], pa.uint64()),
            ([7, None, -1], pa.int8()),
            ([7.0, None, -0.0, float(2**53)], pa.float64()),
            ([7.0, None], pa.float32()),
            ([True, None, False], pa.bool_()),
            (["7", None, "a"], pa.large_string()),
            (["7", None, "a", "7"], pa.dictionary(pa.int8(), pa.string())),
            ([7, None], pa.dictionary(pa.int8(), pa.int64())),
            ([None, None], pa.null()),
        ],
    )
    def test_for_every_type_of_id(self, values: list[Any], type_: pa.DataType) -> None:
        item = ModelConfig(features=[f for f in CONFIG.features if f.name == "item"], tasks=TASKS[:1])
        alone = Encoder(item.features, ENCODER.fitted)
        table = pa.table({"item": pa.array(values, type_)})
        by_row = alone.encode(from_rows(item, [{"item": value} for value in values]), len(values))
        assert same(by_row, alone.encode(from_table(item, table), len(values)))

    @pytest.mark.parametrize("element", [pa.int64(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
    @pytest.mark.parametrize("list_of", [pa.list_, pa.large_list])
    def test_for_every_type_of_list(self, element: pa.DataType, list_of: Any) -> None:
        ids = [7, 8, 7, 9] if pa.types.is_integer(element) else ["7", "a", "7", "new"]
        lists = [ids, None, [], [ids[1], None], [None], ids[:1]]
        if pa.types.is_dictionary(element):
            flat = pa.array([e for row in lists for e in row or []], element)
            offsets = pa.array([0, None, 4, 4, 6, 7, 8], pa.int64() if list_of is pa.large_list else pa.int32())
            kind = pa.LargeListArray if list_of is pa.large_list else pa.ListArray
            array = kind.from_arrays(offsets, flat)
        else:
            array = pa.array(lists, list_of(element))
        history = [f for f in CONFIG.features if f.name in {"history", "item"}]
        model = ModelConfig(features=history, tasks=TASKS[:1])
        alone = Encoder(model.features, ENCODER.fitted)
        table = pa.table({"history": array, "item": pa.nulls(len(lists), pa.string())})
        for start in (0, 2):  # a slice has offsets that do not begin at zero
            given_rows = [{"history": row} for row in lists[start:]]
            by_column = alone.encode(from_table(model, table.slice(start)), len(given_rows))
            assert same(alone.encode(from_rows(model, given_rows), len(given_rows)), by_column)


class TestAbsentAndContext:
    @pytest.mark.parametrize("num_rows", [0, 1, 3])
    def test_an_absent_feature_is_null_in_all_rows(self, num_rows: int) -> None:
        nulls = from_rows(CONFIG, [{}] * num_rows)
        assert same(ENCODER.encode({}, num_rows), ENCODER.encode(nulls, num_rows))

    @given(st.integers(1, 5), st.integers(0, 99))
    def test_context_is_the_same_as_repeating_it(self, num_rows: int, seed: int) -> None:
        names = {feature.name for feature in CONFIG.features if feature.scope == "context"}
        asked = {name: value for name, value in rows(1, seed)[0].items() if name in names}
        candidates = [{n: v for n, v in row.items() if n not in names} for row in rows(num_rows, seed + 1)]
        context = {name: column for name, column in from_rows(CONFIG, [asked]).items() if name in names}
        columns = {name: c for name, c in from_rows(CONFIG, candidates).items() if name not in names}
        tiled = from_rows(CONFIG, [asked | row for row in candidates])
        assert same(ENCODER.encode(columns, num_rows, context), ENCODER.encode(tiled, num_rows))

    def test_context_without_candidates_is_no_row(self) -> None:
        assert len(ENCODER.encode({}, 0, from_rows(CONFIG, rows(1)))) == 0

    def test_rows_do_not_depend_on_their_neighbours(self) -> None:
        given_rows = rows(9)
        whole = ENCODER.encode(from_rows(CONFIG, given_rows), 9)
        parts = [ENCODER.encode(from_rows(CONFIG, [row]), 1) for row in given_rows]
        joined = concatenate(parts, PADDING)
        assert same(whole, joined)

    def test_no_features_of_a_kind_give_empty_tensors(self) -> None:
        alone = Encoder([f for f in CONFIG.features if f.name == "age"], ENCODER.fitted)
        batch = alone.encode({}, 4)
        assert batch.ids.shape == (4, 0)
        assert batch.numerics.shape == (4, 2)
        assert len(batch) == 4


class TestTable:
    def test_offsets_never_overlap_and_leave_padding_free(self) -> None:
        sizes = {"user": 7, "item": 7, "price": 5, "tags": 5}
        taken = [row for name, first in ENCODER.offsets.items() for row in range(first, first + sizes[name])]
        assert sorted([PADDING, *taken]) == list(range(ENCODER.num_rows))

    @given(ROWS)
    def test_every_id_lies_in_the_table_of_its_feature(self, given_rows: list[dict[str, Any]]) -> None:
        batch = ENCODER.encode(from_rows(CONFIG, given_rows), len(given_rows))
        sizes = {"user": 7, "item": 7, "price": 5, "tags": 5}
        found = {name: batch.ids[:, n] for n, name in enumerate(ENCODER.id_features)} | {
            "item_by_history": batch.bags["history"],
            "tags": batch.bags["tags"],
        }
        for name, ids in found.items():
            owner = name.replace("item_by_history", "item")
            held = ids[ids != PADDING] if name in {"item_by_history", "tags"} else ids
            first = ENCODER.offsets[owner]
            assert ((held >= first) & (held < first + sizes[owner])).all()

    def test_a_shared_table_gives_the_same_row_for_the_same_id(self) -> None:
        batch = ENCODER.encode(from_rows(CONFIG, [{"item": "b", "history": ["b"]}]), 1)
        assert batch.bags["history"][0, 0] == batch.ids[0, ENCODER.id_features.index("item")]

    def test_a_feature_that_shares_owns_no_rows(self) -> None:
        assert "history" not in ENCODER.offsets


def test_feature_order_is_the_order_of_the_configuration() -> None:
    assert ENCODER.id_features == ["user", "item", "price"]
    assert [f.name for f in ENCODER.bag_features] == ["history", "tags"]
    assert [f["name"] for f in FEATURES] == [f.name for f in ENCODER.features]


def test_a_batch_can_be_taken_apart() -> None:
    batch = ENCODER.encode(from_rows(CONFIG, rows(6)), 6)
    order = torch.tensor([5, 0, 3])
    taken = batch.rows(order)
    assert torch.equal(taken.ids, batch.ids[order])
    assert torch.equal(taken.bags["tags"], batch.bags["tags"][order])
    assert np.array_equal(taken.numerics.numpy(), batch.numerics.numpy()[order.numpy()])
