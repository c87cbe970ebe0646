"""The fast and the careful reader take and refuse the same bodies, and encode them as a plain reader would."""

import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import event, given, settings
from hypothesis import strategies as st

from models.batch import EncodedBatch
from models.columns import Bags, Categories, Column, Columns
from models.features import CategoricalFeature, Feature, MultiCategoricalFeature
from models.predictor import Predictor
from service.body.careful import CarefulReader
from service.body.fast import FastReader
from service.refusal import Refusal
from service.request import AnswerOptions, PredictRequest
from tests.service.tiny import CANDIDATE, CONFIG, CONTEXT

MAX_ROWS = 4
FEATURES = {feature.name: feature for feature in CONFIG.features}
FAST, CAREFUL = FastReader(CONFIG.features, MAX_ROWS), CarefulReader(CONFIG.features, MAX_ROWS)
Row = dict[str, Any]

ODD_VALUES = [
    *("null", "true", "false", "0", "-0", "-0.0", "7", "7.0", "7e0", '"7"', "7.5", "1e2", "1e400", "NaN", "-Infinity"),
    *("9007199254740993", "9007199254740993.0", "9223372036854775807", "9223372036854775808", "18446744073709551616"),
    *("-9223372036854775808", "-9223372036854775809", "1e15", "1e16", "5e-324", "0.30000000000000004441", "01", "1."),
    *(
        '""',
        '"i1"',
        '"\\u0069\\u0031"',
        '"\\ud800"',
        '"\\ud83c\\udde8"',
        '"\x01"',
        '"a\\u0000"',
        '"007"',
        '" 7"',
        '"+7"',
    ),
    *("[]", "{}", "[null]", '["i1",null,7]', '["i1","i2","i3","i4","i5"]', "[7,7.0,true]", '[["i1"]]', "[7.5]", "[{}]"),
    *('"sport,music"', '"sport, ,music,"', '"film"', '["sport,music"]', "[" * 40 + "]" * 40),
]
USUAL = {"categorical": ['"i1"', "7", '"7"', "null"], "numeric": ["3", "2.5", "null", "-1e3"], "multi_categorical": []}
USUAL["multi_categorical"] = ['["i1","i2"]', "[]", "null", "[1,2,3,4,5]"]


def joined(pairs: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in pairs) + "}"


def mostly(usual: st.SearchStrategy[str], odd: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The odd one in 12 times: a body has many values, and one that is refused ends it."""
    return st.integers(0, 11).flatmap(lambda drawn: odd if drawn == 7 else usual)


def values(name: str) -> st.SearchStrategy[str]:
    odd = st.sampled_from(ODD_VALUES) | st.floats().map(json.dumps) | st.integers().map(str) | st.text().map(json.dumps)
    return mostly(st.sampled_from(USUAL[FEATURES[name].kind]), odd) if name in FEATURES else odd


def pairs(names: tuple[str, ...]) -> st.SearchStrategy[list[tuple[str, str]]]:
    name = mostly(st.sampled_from(names), st.sampled_from([*FEATURES, "clicked", ""]))
    return st.lists(name.flatmap(lambda chosen: st.tuples(st.just(chosen), values(chosen))), max_size=5)


def columns(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    def of_length(length: int) -> st.SearchStrategy[str]:
        def column(name: str) -> st.SearchStrategy[tuple[str, str]]:
            listed, ragged = (
                st.lists(values(name), min_size=least, max_size=most).map(lambda texts: f"[{','.join(texts)}]")
                for least, most in ((length, length), (0, 2))
            )
            return st.tuples(st.just(name), mostly(listed, ragged | values(name)))

        return st.lists(st.sampled_from(names).flatmap(column), max_size=4).map(joined)

    return st.sampled_from([1, 2, 3, MAX_ROWS, MAX_ROWS + 1, 0]).flatmap(of_length)


def rows(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    row = pairs(names).map(joined)
    listed = st.lists(row, min_size=1, max_size=MAX_ROWS).map(lambda texts: f"[{','.join(texts)}]")
    return mostly(listed, st.sampled_from(["[]", "[{},{},{},{},{}]", "[{},null]", *ODD_VALUES]))


ALL = (*CONTEXT, *CANDIDATE)
OPTIONS = st.lists(
    st.sampled_from(
        [
            *(("layout", '"rows"'), ("layout", '"columns"'), ("top_k", "2"), ("top_k", "0"), ("top_k", "null")),
            *(("top_k", "2.0"), ("layout", "null"), ("top_k", "true"), ("top_k", "4294967296"), ("layout", '"row"')),
            *(("else", "1"), ("layout", "[]")),
        ]
    ),
    max_size=1,
)
PARTS = st.one_of(
    st.tuples(
        st.tuples(st.just("context"), pairs(CONTEXT).map(joined)),
        st.tuples(st.just("candidates"), rows(CANDIDATE) | columns(CANDIDATE)),
    ),
    st.tuples(st.tuples(st.just("instances"), rows(ALL))),
    st.tuples(st.tuples(st.just("columns"), columns(ALL))),
    st.lists(
        st.sampled_from([("context", "{}"), ("instances", "[{}]"), ("columns", '{"age":[1]}'), ("candidates", "[]")])
    ),
)
BODIES = st.tuples(PARTS, OPTIONS | st.just([]) | st.just([])).map(
    lambda both: joined([*both[0], *both[1]]).encode("utf-8", "replace")
)


class RefusedError(Exception):
    pass


def whole(text: str) -> int | float:
    number = int(text)
    return number if -(2**63) <= number < 2**64 else number_of(text)


def number_of(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise RefusedError
    return number


def plain(body: bytes) -> tuple[list[Row], AnswerOptions]:
    """All rows, whole, as a reader in a hurry would write it; each value spelled as its feature's rule says."""
    try:
        document = json.loads(body, parse_int=whole, parse_float=number_of, parse_constant=number_of)
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise RefusedError from None
    options = AnswerOptions(document.pop("layout", "rows"), document.pop("top_k", None))
    top_k_is_right = type(options.top_k) is int and 0 < options.top_k < 2**31
    require(options.layout in ("rows", "columns"))
    require(top_k_is_right or (options.top_k is None and b'"top_k"' not in body))
    require(sorted(document) in (["candidates", "context"], ["instances"], ["columns"]))
    context = document.get("context", {})
    require(isinstance(context, dict) and context.keys() <= set(CONTEXT))
    allowed = set(CANDIDATE if "candidates" in document else ALL)
    sent = next(document[form] for form in ("candidates", "instances", "columns") if form in document)
    if isinstance(sent, dict) and "instances" not in document:
        require(all(isinstance(column, list) for column in sent.values()))
        lengths = {len(column) for column in sent.values()}
        require(len(lengths) == 1)
        sent = [dict(zip(sent, row, strict=True)) for row in zip(*sent.values(), strict=True)]
    else:
        require("columns" not in document)
    require(isinstance(sent, list) and 0 < len(sent) <= MAX_ROWS)
    require(all(isinstance(row, dict) and row.keys() <= allowed for row in sent))
    filled = [
        {name: spelled(feature, {**context, **row}.get(name)) for name, feature in FEATURES.items()} for row in sent
    ]
    return filled, options


def require(holds: bool) -> None:
    if not holds:
        raise RefusedError


def spelled(feature: Feature, value: Any) -> Any:
    if isinstance(feature, CategoricalFeature):
        return None if value is None else category(value)
    if not isinstance(feature, MultiCategoricalFeature):
        require(value is None or isinstance(value, bool | int | float))
        return math.nan if value is None else float(value)
    if isinstance(value, str) and feature.separator:
        return [part.strip() for part in value.split(feature.separator) if part.strip()]
    require(value is None or isinstance(value, list))
    return [category(element) for element in value or [] if element is not None]


def category(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        require(value.is_integer() and abs(value) <= 2**53)
        return str(int(value))
    require(isinstance(value, str | int))
    return str(value)


def column_of(feature: Feature, given: list[Any]) -> Column:
    if isinstance(feature, CategoricalFeature):
        texts = [value for value in given if value is not None]
        present = np.array([value is not None for value in given])
        return Categories(texts, np.where(present, np.cumsum(present) - 1, -1))
    if isinstance(feature, MultiCategoricalFeature):
        texts = [text for row in given for text in row]
        offsets = np.cumsum([0, *map(len, given)], dtype=np.int64)
        return Bags(texts, np.arange(len(texts)), offsets)
    return np.array(given, dtype=np.float64)


def outcome(reader: FastReader | CarefulReader, body: bytes) -> PredictRequest | None:
    try:
        return reader.read(body)
    except Refusal:
        return None


def encoded(predictor: Predictor, columns: Columns, num_rows: int, context: Columns | None = None) -> EncodedBatch:
    return predictor.encoder.encode(columns, num_rows, context)


def assert_same(batch: EncodedBatch, expected: EncodedBatch) -> None:
    assert torch.equal(batch.ids, expected.ids)
    assert batch.numerics.numpy().tobytes() == expected.numerics.numpy().tobytes()
    assert batch.bags.keys() == expected.bags.keys()
    assert all(torch.equal(bag, expected.bags[name]) for name, bag in batch.bags.items())


@settings(max_examples=500, deadline=None)
@given(body=BODIES)
def test_both_readers_agree_with_a_plain_one(body: bytes, predictor: Predictor) -> None:
    fast, careful = outcome(FAST, body), outcome(CAREFUL, body)
    try:
        filled, options = plain(body)
    except RefusedError:
        event("refused")
        assert fast is None
        assert careful is None
        return
    event("taken by the careful reader alone" if fast is None else "taken by both")
    assert careful is not None
    columns = {name: column_of(feature, [row[name] for row in filled]) for name, feature in FEATURES.items()}
    expected = encoded(predictor, columns, len(filled))
    for request in (careful, fast):
        if request is not None:
            assert (request.num_rows, request.options) == (len(filled), options)
            assert_same(encoded(predictor, request.columns, request.num_rows, request.context), expected)


@pytest.mark.parametrize(
    "body",
    [
        {
            "context": {"user_id": 7, "hour": 3, "history": ["i1"]},
            "candidates": [{"item_id": "i1", "tags": ["new"]}, {}],
        },
        {
            "context": {},
            "candidates": {"item_id": ["i1", 7, None], "age": [1, 2.5, None], "tags": [["a", 7], None, []]},
        },
        {"instances": [{"user_id": "u", "interests": "sport,music"}, {"price": 3}], "layout": "columns", "top_k": 1},
        {"columns": {"user_id": [2**62, "x"], "views": [1.5, 3]}},
    ],
)
def test_the_fast_reader_takes_what_clients_usually_send(body: Row) -> None:
    assert FAST.read(json.dumps(body).encode()) is not None
