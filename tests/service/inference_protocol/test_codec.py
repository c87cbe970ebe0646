"""The codec: what is true is read, what lies is refused with words, and nothing larger than the body is made."""

import gzip
import json
import math
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.config import ModelConfig
from service.inference_protocol.binary import HEADER_LENGTH
from service.inference_protocol.request import InferReader, InferRequest
from service.refusal import Refusal
from tests.service.client import Client, assert_problem
from tests.service.tiny import CONFIG, FIELDS

INFER = "/v2/models/tiny/infer"
READER = InferReader(CONFIG, max_rows=200)
SIZES = {"BOOL": 1, "INT8": 1, "INT16": 2, "INT32": 4, "INT64": 8, "UINT8": 1, "UINT16": 2, "UINT32": 4, "UINT64": 8}
SIZES |= {"FP16": 2, "BF16": 2, "FP32": 4, "FP64": 8}
NAMES = [feature.name for feature in CONFIG.features]


def texts(*elements: bytes) -> bytes:
    return b"".join(len(each).to_bytes(4, "little") + each for each in elements)


def document(*inputs: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"inputs": inputs, **more}).encode()


def declared(name: str, datatype: str, shape: list[int], data: Any = None) -> dict[str, Any]:
    """With its elements, or as many bytes as they have."""
    tensor: dict[str, Any] = {"name": name, "datatype": datatype, "shape": shape}
    if isinstance(data, bytes):
        return {**tensor, "parameters": {"binary_data_size": len(data)}}
    return {**tensor, "data": data}


def read(head: bytes, tail: bytes = b"") -> Any:
    return READER.read(head + tail, str(len(head)) if tail else None).rows


def tried(body: bytes, length: str | None) -> InferRequest | str:
    """The request, or what kind of problem it is."""
    try:
        return READER.read(body, length)
    except Refusal as refusal:
        return refusal.kind.slug


def refused(head: bytes, tail: bytes = b"", length: str | None = None) -> Refusal:
    with pytest.raises(Refusal) as found:
        READER.read(head + tail, length or (str(len(head)) if tail else None))
    assert found.value.kind.status < 500
    return found.value


BROKEN = {"broken-body", "wrong-header", "wrong-shape"}
ILL_FORMED = {*BROKEN, "wrong-value", "too-many-rows"}
WHOLE = texts(b"i1", b"", "übergröße".encode())
HEAD = document(
    declared("item_id", "BYTES", [3], WHOLE),
    declared("price", "FP32", [3], b"12ab34cd56ef"),
    declared("age", "INT16", [3], b"123456"),
)
BODY = HEAD + WHOLE + b"12ab34cd56ef" + b"123456"


def test_the_body_that_is_mutilated_below_is_read() -> None:
    rows = READER.read(BODY, str(len(HEAD))).rows
    assert rows.num_rows == 3
    assert rows.columns["item_id"].sent == ["i1", None, "übergröße"]


@given(end=st.integers(0, len(BODY) - 1), length=st.sampled_from([str(len(HEAD)), None]))
def test_every_truncated_body_is_refused(end: int, length: str | None) -> None:
    assert tried(BODY[:end], length) in BROKEN


@given(length=st.one_of(st.integers(-5, 3 * len(BODY)).map(str), st.text(max_size=25)))
def test_every_lying_header_length_is_refused(length: str) -> None:
    if length != str(len(HEAD)):
        assert tried(BODY, length) in BROKEN


@given(at=st.integers(len(HEAD), len(BODY) - 1), byte=st.integers(0, 255))
def test_a_byte_of_a_tensor_may_be_any_and_is_read_or_refused(at: int, byte: int) -> None:
    found = tried(BODY[:at] + bytes([byte]) + BODY[at + 1 :], str(len(HEAD)))
    assert isinstance(found, InferRequest) or found in {"broken-body", "wrong-value"}


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(NAMES),
    datatype=st.sampled_from(["BYTES", *SIZES, "FP8"]),
    shape=st.lists(
        st.one_of(st.integers(-1, 5), st.sampled_from([2**31, 2**63 - 1, 2**63, 1.5, True, None])), max_size=3
    ),
    tail=st.binary(max_size=64),
    claimed=st.one_of(st.none(), st.integers(-1, 80), st.just(2**62)),
)
def test_whatever_is_declared_is_read_or_refused(
    name: str, datatype: str, shape: list[Any], tail: bytes, claimed: int | None
) -> None:
    size = len(tail) if claimed is None else claimed
    head = document({"name": name, "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": size}})
    found = tried(head + tail, str(len(head)))
    if isinstance(found, str):
        assert found in ILL_FORMED
        return
    assert found.rows.num_rows == shape[0]
    assert size == len(tail)
    if datatype in SIZES:
        assert len(tail) == SIZES[datatype] * math.prod(shape)


@given(
    data=st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just({"a": 1})),
        lambda inner: st.lists(inner, max_size=4),
        max_leaves=12,
    ),
    name=st.sampled_from(NAMES),
    datatype=st.sampled_from(["BYTES", *SIZES]),
    shape=st.lists(st.integers(0, 4), min_size=1, max_size=2),
)
def test_whatever_is_in_data_is_read_or_refused(data: Any, name: str, datatype: str, shape: list[int]) -> None:
    found = tried(document(declared(name, datatype, shape, data)), None)
    assert found in ILL_FORMED if isinstance(found, str) else found.rows.num_rows == shape[0]


@settings(max_examples=50)
@given(head=st.sampled_from([HEAD, b"", b"{}", b"[" * 2_000]), tail=st.binary(max_size=50), length=st.integers(-1, 400))
def test_no_body_makes_the_service_fail(client: Client, head: bytes, tail: bytes, length: int) -> None:
    response = client.post(INFER, content=head + tail, headers={HEADER_LENGTH: str(length)})
    problem = assert_problem(response, response.status_code, response.json()["type"].rpartition(":")[2])
    assert 400 <= problem["status"] < 500
    assert problem["error"] == problem["detail"]


def test_a_claimed_shape_allocates_nothing() -> None:
    for datatype in ("FP64", "BYTES"):
        tracemalloc.start()
        refused(document(declared("tags", datatype, [200, 2**40], b"12345678")), b"12345678")
        refused(document(declared("item_id", datatype, [10**9], b"12345678")), b"12345678")
        refused(document(declared("tags", "BYTES", [200, 2**40], ["a"])))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1_000_000


@pytest.mark.parametrize("datatype", SIZES)
def test_a_number_is_the_same_in_every_datatype(datatype: str) -> None:
    elements = {"BOOL": [True, False]}.get(datatype, [0, 7])
    dtypes = {"FP16": "<f2", "FP32": "<f4", "FP64": "<f8", "BOOL": "?"}
    stored = np.array(elements, dtypes.get(datatype, datatype.lower().replace("bf16", "float32")))
    raw = stored.tobytes() if datatype != "BF16" else (stored.view(np.uint32) >> 16).astype("<u2").tobytes()
    by_bytes = read(document(declared("price", datatype, [2], raw)), raw)
    np.testing.assert_array_equal(by_bytes.columns["price"], elements)
    by_json = document(declared("price", datatype, [2, 1], elements))
    if datatype == "BF16":
        assert "as bytes" in refused(by_json).detail
    else:
        np.testing.assert_array_equal(read(by_json).columns["price"], elements)


@pytest.mark.parametrize(
    ("datatype", "elements", "expected"),
    [
        ("INT64", [-(2**63), 2**63 - 1], [str(-(2**63)), str(2**63 - 1)]),
        ("UINT64", [0, 2**64 - 1], ["0", str(2**64 - 1)]),
        ("INT32", [7, -7], ["7", "-7"]),
        ("BOOL", [True, False], ["true", "false"]),
        ("BYTES", ["7", "🇨🇭"], ["7", "🇨🇭"]),
    ],
)
def test_categories_are_exact(datatype: str, elements: list[Any], expected: list[str]) -> None:
    raw = texts(*(each.encode() for each in elements)) if datatype == "BYTES" else b""
    raw = raw or np.array(elements, "?" if datatype == "BOOL" else datatype.lower()).tobytes()
    for rows in (
        read(document(declared("item_id", datatype, [2], raw)), raw),
        read(document(declared("item_id", datatype, [2], elements))),
    ):
        assert list(rows.columns["item_id"].values) == expected
        assert rows.columns["item_id"].codes.tolist() == [0, 1]


def test_lists_are_padded_with_nothing() -> None:
    raw = texts(b"new", b"", b"7", b"sale")
    for rows in (
        read(document(declared("tags", "BYTES", [2, 2], raw)), raw),
        read(document(declared("tags", "BYTES", [2, 2], [["new", None], ["7", "sale"]]))),
        read(document(declared("tags", "BYTES", [2, 2], ["new", "", "7", "sale"]))),
    ):
        column = rows.columns["tags"]
        lists = [
            [column.values[code] for code in column.codes[start:end] if code >= 0]
            for start, end in zip(column.offsets, column.offsets[1:], strict=False)
        ]
        assert lists == [["new"], ["7", "sale"]]
    numbered = read(document(declared("tags", "INT64", [2, 2], [1, None, 3, 4]))).columns["tags"]
    assert (list(numbered.values), numbered.offsets.tolist()) == (["1", "3", "4"], [0, 1, 3])
    assert len(read(document(declared("tags", "BYTES", [2, 0], []))).columns["tags"].codes) == 0
    split = read(document(declared("interests", "BYTES", [1], ["film, sport,"])))
    assert list(split.context["interests"].values) == ["film", "sport"]
    assert split.context["interests"].offsets.tolist() == [0, 2]


def test_missing_values() -> None:
    rows = read(document(declared("price", "FP32", [3], [None, 1.5, 2]), declared("views", "INT8", [3], [1, None, 3])))
    np.testing.assert_array_equal(rows.columns["price"], [np.nan, 1.5, 2])
    np.testing.assert_array_equal(rows.columns["views"], [1, np.nan, 3])
    raw = np.array([np.nan, 1.0]).tobytes()
    np.testing.assert_array_equal(
        read(document(declared("price", "FP64", [2], raw)), raw).columns["price"], [np.nan, 1]
    )


def test_a_value_that_breaks_a_rule_is_named_by_row_and_field() -> None:
    infinite, twisted = np.array([1, np.inf], "<f4").tobytes(), texts(b"ok", b"\xff")
    for refusal in (
        refused(document(declared("price", "FP32", [2], infinite)), infinite),
        refused(document(declared("price", "FP32", [2, 1], [1, 1e39]))),
        refused(document(declared("price", "INT8", [2], [1, 128]))),
        refused(document(declared("price", "FP64", [2], [1, "2"]))),
        refused(document(declared("price", "INT64", [2], [1, 2.0]))),
        refused(document(declared("price", "BOOL", [2], [True, 1]))),
    ):
        assert (refusal.kind.slug, refusal.row, refusal.field) == ("wrong-value", 1, "price")
    for refusal in (
        refused(document(declared("tags", "BYTES", [2, 1], twisted)), twisted),
        refused(document(declared("tags", "BYTES", [2, 2], [["a", "b"], ["c", 4]]))),
    ):
        assert (refusal.kind.slug, refusal.row, refusal.field) == ("wrong-value", 1, "tags")


IDS = declared("item_id", "BYTES", [2], ["a", "b"])


@pytest.mark.parametrize(
    ("inputs", "more", "slug", "field"),
    [
        ([], {}, "wrong-shape", "inputs"),
        ([IDS, IDS], {}, "wrong-shape", "item_id"),
        ([IDS, declared("price", "FP32", [3], [1, 2, 3])], {}, "wrong-shape", "price"),
        ([IDS, declared("price", "FP32", [1], [1])], {}, "wrong-shape", "price"),
        ([IDS, declared("hour", "FP32", [3], [1, 2, 3])], {}, "wrong-shape", "hour"),
        ([declared("item_id", "BYTES", [0], [])], {}, "wrong-shape", "item_id"),
        ([declared("item_id", "BYTES", [201], ["a"] * 201)], {}, "too-many-rows", "item_id"),
        ([declared("item_id", "BYTES", [1, 2], ["a", "b"])], {}, "wrong-shape", "item_id"),
        ([declared("item_id", "FP32", [2], [1, 2])], {}, "wrong-value", "item_id"),
        ([declared("price", "BYTES", [1], ["1"])], {}, "wrong-value", "price"),
        ([declared("tags", "BYTES", [1], ["a,b"])], {}, "wrong-shape", "tags"),
        ([declared("tags", "FP32", [1, 1], [1])], {}, "wrong-value", "tags"),
        ([declared("tags", "BYTES", [2, 2], [["a"], ["b", "c", "d"]])], {}, "wrong-shape", "tags"),
        ([{**IDS, "data": None}], {}, "wrong-shape", "item_id"),
        ([{**IDS, "parameters": {"binary_data_size": 2}}], {}, "wrong-shape", "item_id"),
        ([{**IDS, "parameters": {"shared_memory_region": "r"}}], {}, "not-offered", "shared_memory_region"),
        ([{**IDS, "parameters": []}], {}, "wrong-shape", "parameters"),
        ([{**IDS, "name": 7}], {}, "wrong-shape", "inputs"),
        ([{**IDS, "name": "item"}], {}, "unknown-feature", "item"),
        (["item_id"], {}, "wrong-shape", "inputs"),
        ([IDS], {"id": 7}, "wrong-shape", "id"),
        ([IDS], {"outputs": 0}, "wrong-shape", "outputs"),
        ([IDS], {"outputs": [{"name": "index"}]}, "unknown-output", "index"),
        ([IDS], {"outputs": [{"name": "click"}, {"name": "click"}]}, "wrong-shape", "click"),
        ([IDS], {"outputs": [{"name": "click", "parameters": {"binary_data": 1}}]}, "wrong-shape", "binary_data"),
        ([IDS], {"parameters": {"binary_data_output": "yes"}}, "wrong-shape", "binary_data_output"),
        ([IDS], {"parameters": {"timeout": "soon"}}, "wrong-shape", "timeout"),
        ([IDS], {"parameters": {"timeout": float("nan")}}, "wrong-shape", "timeout"),
        ([IDS], {"parameters": {"timeout": 10**400, "other": float("nan")}}, "wrong-shape", "timeout"),
        ([declared("price", "FP64", [2], [float("nan"), 10**400])], {}, "wrong-value", "price"),
        ([declared("price", "INT64", [2], [float("nan"), 10**400])], {}, "wrong-value", "price"),
        ([declared("price", "FP64", [10**400], [float("nan")])], {}, "wrong-shape", "price"),
        ([IDS], {"parameters": {"top_k": 0}}, "wrong-shape", "top_k"),
    ],
)
def test_refusals(client: Client, inputs: list[Any], more: dict[str, Any], slug: str, field: str) -> None:
    response = client.post(INFER, content=document(*inputs, **more))
    problem = assert_problem(response, response.status_code, slug)
    assert problem["field"] == field
    assert problem["error"] == problem["detail"]


def test_what_the_protocol_does_not_know_is_left_alone(client: Client) -> None:
    odd = {**IDS, "parameters": {"content_type": "str"}}
    response = client.post(INFER, content=document(odd, model_name="tiny", parameters={"priority": 3, "mine": [1]}))
    assert response.status_code == 200
    assert "id" not in response.json()


def test_codings(client: Client) -> None:
    ids = declared("item_id", "BYTES", [200], [f"i{number}" for number in range(200)])
    plain = document(ids, parameters={"binary_data_output": True})
    expected = client.post(INFER, content=plain, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in expected.headers
    length = int(expected.headers[HEADER_LENGTH])
    assert len(expected.content) == length + 200 * 4 * len(FIELDS)
    for coding, accepted, pack in (
        ("gzip", "br, deflate;q=0.5, gzip", gzip.compress),
        ("deflate", "br, deflate, gzip;q=0.0", zlib.compress),
    ):
        headers = {"Content-Encoding": coding, "Accept-Encoding": accepted}
        response = client.post(INFER, content=pack(plain), headers=headers)
        assert response.headers["content-encoding"] == coding
        assert response.headers[HEADER_LENGTH] == str(length)
        assert response.content == expected.content
        for broken in (pack(plain)[:-3], pack(plain) + b"x", plain):
            assert_problem(client.post(INFER, content=broken, headers={"Content-Encoding": coding}), 400, "broken-body")
        bomb = pack(b" " * 20_000_000)
        assert_problem(client.post(INFER, content=bomb, headers={"Content-Encoding": coding}), 413, "body-too-large")
    other = client.post(INFER, content=plain, headers={"Content-Encoding": "br"})
    assert_problem(other, 415, "unsupported-media-type")
    few = client.post(INFER, content=document(IDS), headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in few.headers


def test_features_and_fields_may_be_called_anything() -> None:
    raw = CONFIG.model_dump(mode="json")
    raw["features"][0]["name"] = "inputs"
    reader = InferReader(ModelConfig.model_validate(raw), 5)
    rows = reader.read(document(declared("inputs", "BYTES", [1], ["a"])), None).rows
    assert rows.context is not None
    assert list(rows.context["inputs"].values) == ["a"]
