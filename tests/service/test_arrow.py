"""A stream of Arrow says the same as JSON, whatever the layout; one that lies is refused and allocates nothing."""

import json
import tracemalloc
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from models.encoder import Encoder
from models.predictor import Predictor
from service.arrow.accept import wants_arrow
from service.arrow.reader import ARROW as MEDIA_TYPE
from service.arrow.reader import ArrowReader
from service.body.reader import RequestReader
from service.refusal import Refusal
from service.request import PredictRequest
from tests.service.arrow_streams import LAYOUTS, of_types, stream, with_metadata
from tests.service.client import Client, assert_problem
from tests.service.test_two_readers import assert_same
from tests.service.tiny import CONFIG

ARROW, JSON = ArrowReader(CONFIG.features, 200), RequestReader(CONFIG.features, 200)
MOST_BYTES = 4_000_000
"""Of memory for reading a stream of a few kB: what a lie of a size would go far beyond."""


def same(encoder: Encoder, found: PredictRequest, body: dict[str, Any]) -> None:
    expected = JSON.read(json.dumps(body).encode())
    assert (found.num_rows, found.options) == (expected.num_rows, expected.options)
    assert (found.context is None) == (expected.context is None)
    assert_same(
        encoder.encode(found.columns, found.num_rows, found.context),
        encoder.encode(expected.columns, expected.num_rows, expected.context),
    )


@pytest.mark.parametrize("rows_a_batch", [1, 4, 100])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_read_as_its_values_in_json(layout: str, rows_a_batch: int, predictor: Predictor) -> None:
    table = LAYOUTS[layout]
    body = {"columns": {name: table[name].to_pylist() for name in table.column_names}}
    same(predictor.encoder, ARROW.read(stream(table, rows_a_batch)), body)


def test_dictionaries_that_grow_and_change(predictor: Predictor) -> None:
    parts = [pa.array(values).dictionary_encode() for values in (["i1", "i2"], ["i1", "i2", "i3"], ["i4", "i1"])]
    for deltas in (True, False):
        chunks = [pa.record_batch({"item_id": part}) for part in parts]
        body = {"columns": {"item_id": [value for part in parts for value in part.to_pylist()]}}
        found = ARROW.read(stream(pa.Table.from_batches(chunks), emit_dictionary_deltas=deltas))
        same(predictor.encoder, found, body)


def test_a_slice_of_a_table_is_its_rows(predictor: Predictor) -> None:
    table = LAYOUTS["everything"].slice(2, 3)
    body = {"columns": {name: table[name].to_pylist() for name in table.column_names}}
    same(predictor.encoder, ARROW.read(stream(table)), body)


def test_what_the_rows_share_is_metadata(predictor: Predictor) -> None:
    context = {"user_id": 7, "history": ["i1", "i2"], "hour": 3.5}
    table = of_types(item_id=pa.string(), age=pa.int64())
    sent = with_metadata(table, context=json.dumps(context), options='{"layout": "columns", "top_k": 2}')
    body = {"context": context, "candidates": table.to_pydict(), "layout": "columns", "top_k": 2}
    same(predictor.encoder, ARROW.read(stream(sent)), body)


REFUSED: dict[str, tuple[pa.Table, str, int | None, str | None]] = {
    "no rows": (of_types(age=pa.int8()).slice(0, 0), "wrong-shape", None, None),
    "too many rows": (pa.table({"age": list(range(201))}), "too-many-rows", None, None),
    "unknown column": (pa.table({"zip": [1]}), "unknown-feature", None, "zip"),
    "text as number": (pa.table({"age": ["3"]}), "wrong-value", 0, "age"),
    "NaN": (pa.table({"age": [1.0, 2.0, 3.0, 4.0, float("nan")]}), "wrong-value", 4, "age"),
    "fraction as category": (pa.table({"item_id": [1.0, 1.5]}), "wrong-value", 1, "item_id"),
    "a time": (pa.table({"age": pa.array([1], pa.timestamp("s"))}), "wrong-shape", None, "age"),
    "lists of lists": (pa.table({"tags": [[["new"]]]}), "wrong-shape", None, "tags"),
    "lists of booleans": (pa.table({"tags": [[True]]}), "wrong-shape", None, "tags"),
    "a column twice": (pa.Table.from_arrays([pa.array([1])] * 2, ["age", "age"]), "wrong-shape", None, "age"),
    "too many columns": (pa.table({f"c{n}": [1] for n in range(20)}), "wrong-shape", None, None),
    "context in both": (
        with_metadata(pa.table({"hour": [1]}), context='{"hour": 3}'),
        "misplaced-feature",
        None,
        "hour",
    ),
    "context beside a context": (
        with_metadata(pa.table({"hour": [1]}), context="{}"),
        "misplaced-feature",
        None,
        "hour",
    ),
    "candidate in context": (
        with_metadata(pa.table({"age": [1]}), context='{"price": 3}'),
        "misplaced-feature",
        None,
        "price",
    ),
    "wrong value in context": (
        with_metadata(pa.table({"age": [1]}), context='{"hour": "x"}'),
        "wrong-value",
        None,
        "hour",
    ),
    "no JSON in context": (with_metadata(pa.table({"age": [1]}), context="{"), "broken-body", None, None),
    "a list as context": (with_metadata(pa.table({"age": [1]}), context="[]"), "wrong-shape", None, None),
    "an unknown option": (with_metadata(pa.table({"age": [1]}), options='{"k": 0}'), "wrong-shape", None, "k"),
    "a wrong option": (with_metadata(pa.table({"age": [1]}), options='{"top_k": 0}'), "wrong-shape", None, "top_k"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_stream_is_refused_by_row_and_field(case: str) -> None:
    table, slug, row, field = REFUSED[case]
    with pytest.raises(Refusal) as caught:
        ARROW.read(stream(table, 2))
    assert (caught.value.kind.slug, caught.value.row, caught.value.field) == (slug, row, field)


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_compressed_buffers_are_refused_with_the_way_out(codec: str) -> None:
    with pytest.raises(Refusal, match="write them without") as caught:
        ARROW.read(stream(LAYOUTS["everything"], compression=codec))
    assert caught.value.kind.status == 415


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"ARROW1\0\0", b"\xff\xff\xff\xff\0\0\0\0", b"\xff\xff\xff\xff\xff\xff\xff\x7f"]
)
def test_what_is_no_stream_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        ARROW.read(body)
    assert caught.value.kind.slug == "broken-body"


STREAMS = [stream(table) for table in LAYOUTS.values()]
STREAMS += [stream(with_metadata(LAYOUTS["everything"], context='{"hour": 3}', options='{"top_k": 1}'))]
LIES = st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255)


@settings(max_examples=1500, deadline=None)
@given(body=st.sampled_from(STREAMS), flips=st.lists(st.tuples(st.integers(0, 1 << 16), LIES), min_size=1, max_size=6))
def test_a_stream_that_lies_is_read_or_refused_in_bounded_memory(body: bytes, flips: list[tuple[int, int]]) -> None:
    changed = bytearray(body)
    for at, value in flips:
        changed[at % len(changed)] = value
    tracemalloc.start()
    try:
        ARROW.read(bytes(changed))
        event("read")
    except Refusal as refusal:
        event(refusal.kind.slug)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < MOST_BYTES


@given(body=st.sampled_from(STREAMS), share=st.floats(0, 1, exclude_max=True))
def test_a_stream_that_is_cut_is_refused_or_ends_between_batches(body: bytes, share: float) -> None:
    try:
        found = ARROW.read(body[: int(len(body) * share)])
    except Refusal:
        return
    assert found.num_rows <= ARROW.read(body).num_rows


def test_arrow_in_and_out_holds_what_json_holds(client: Client) -> None:
    table = LAYOUTS["everything"]
    body = {"columns": {name: table[name].to_pylist() for name in table.column_names}, "layout": "columns"}
    expected = client.predict(body).json()
    headers = {"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}
    response = client.post(content=stream(table), headers=headers)
    assert response.headers["content-type"] == MEDIA_TYPE
    answered = pa.ipc.open_stream(response.content).read_all()
    answered.validate(full=True)
    assert answered.to_pydict() == pytest.approx({k: pytest.approx(v) for k, v in expected["predictions"].items()})
    assert answered.schema.metadata == {
        b"threefold.model": expected["model"].encode(),
        b"threefold.version": expected["version"].encode(),
    }


def test_a_problem_is_json_whatever_the_client_would_rather_have(client: Client) -> None:
    headers = {"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}
    problem = assert_problem(client.post(content=stream(pa.table({"age": ["3"]})), headers=headers), 422, "wrong-value")
    assert (problem["row"], problem["field"]) == (0, "age")


@pytest.mark.parametrize(
    ("accept", "arrow"),
    [
        *((None, False), ("*/*", False), ("application/json", False), (MEDIA_TYPE, True), (MEDIA_TYPE.upper(), True)),
        *((f"application/json, {MEDIA_TYPE}", True), (f"{MEDIA_TYPE};q=0.5, application/json", False)),
        *((f"{MEDIA_TYPE};q=0", False), (f"{MEDIA_TYPE};q=high", True), (f"x{MEDIA_TYPE}", False)),
    ],
)
def test_what_an_accept_header_asks_for(accept: str | None, arrow: bool) -> None:
    assert wants_arrow(accept) == arrow
