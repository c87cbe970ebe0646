"""Every bad input is refused with its kind, its row and its field."""

import gzip
from typing import Any

import pytest

from tests.service.client import Client, assert_problem

ROW: dict[str, Any] = {"item_id": "i1"}
SHAPE, UNKNOWN, MISPLACED, VALUE = "wrong-shape", "unknown-feature", "misplaced-feature", "wrong-value"

BODIES: list[tuple[str, object, str, int | None, str | None]] = [
    ("no form", {}, SHAPE, None, None),
    ("context alone", {"context": {}}, SHAPE, None, None),
    ("two forms", {"instances": [ROW], "columns": {"item_id": ["i1"]}}, SHAPE, None, None),
    ("context beside instances", {"instances": [ROW], "context": {}}, SHAPE, None, "context"),
    ("unknown key", {"instances": [ROW], "top": 3}, SHAPE, None, "top"),
    ("no layout", {"instances": [ROW], "layout": "table"}, SHAPE, None, "layout"),
    ("layout is a list", {"instances": [ROW], "layout": []}, SHAPE, None, "layout"),
    ("layout is null", {"instances": [ROW], "layout": None}, SHAPE, None, "layout"),
    ("best of none", {"instances": [ROW], "top_k": 0}, SHAPE, None, "top_k"),
    ("top_k is a float", {"instances": [ROW], "top_k": 2.0}, SHAPE, None, "top_k"),
    ("top_k is a boolean", {"instances": [ROW], "top_k": True}, SHAPE, None, "top_k"),
    ("top_k is null", {"instances": [ROW], "top_k": None}, SHAPE, None, "top_k"),
    ("list", [ROW], SHAPE, None, None),
    ("text", "instances", SHAPE, None, None),
    ("null", None, SHAPE, None, None),
    ("no context", {"candidates": [ROW]}, SHAPE, None, "context"),
    ("context is a list", {"context": [], "candidates": [ROW]}, SHAPE, None, "context"),
    ("rows are an object", {"instances": ROW}, SHAPE, None, "instances"),
    ("rows are null", {"instances": None}, SHAPE, None, "instances"),
    ("a row is a number", {"instances": [ROW, 3]}, SHAPE, 1, "instances"),
    ("no candidates", {"context": {}, "candidates": []}, SHAPE, None, "candidates"),
    ("no instances", {"instances": []}, SHAPE, None, "instances"),
    ("no columns", {"columns": {}}, SHAPE, None, "columns"),
    ("empty columns", {"columns": {"item_id": []}}, SHAPE, None, "columns"),
    ("columns are a list", {"columns": [1]}, SHAPE, None, "columns"),
    ("a column is a number", {"columns": {"age": 3}}, SHAPE, None, "age"),
    ("candidates are text", {"context": {}, "candidates": "i1"}, SHAPE, None, "candidates"),
    ("no candidate columns", {"context": {}, "candidates": {}}, SHAPE, None, "candidates"),
    ("ragged candidates", {"context": {}, "candidates": {"age": [1, 2], "price": [1]}}, SHAPE, None, "price"),
    ("a candidate column is a number", {"context": {}, "candidates": {"age": 3}}, SHAPE, None, "age"),
    ("context in candidate columns", {"context": {}, "candidates": {"hour": [1]}}, MISPLACED, None, "hour"),
    ("wrong value in candidate columns", {"context": {}, "candidates": {"age": [1, "2"]}}, VALUE, 1, "age"),
    ("both, as columns", {"context": {"hour": 3}, "candidates": {"hour": [3]}}, MISPLACED, None, "hour"),
    ("ragged", {"columns": {"age": [1, 2], "price": [1]}}, SHAPE, None, "price"),
    ("unknown feature", {"instances": [ROW, {"itemid": 1}]}, UNKNOWN, 1, "itemid"),
    ("label", {"instances": [{**ROW, "clicked": 1}]}, UNKNOWN, 0, "clicked"),
    ("unknown in context", {"context": {"zip": 1}, "candidates": [ROW]}, UNKNOWN, None, "zip"),
    ("unknown column", {"columns": {"zip": [1]}}, UNKNOWN, None, "zip"),
    ("empty name", {"instances": [{"": 1}]}, UNKNOWN, 0, ""),
    ("context in candidate", {"context": {}, "candidates": [ROW, {"hour": 3}]}, MISPLACED, 1, "hour"),
    ("candidate in context", {"context": {"price": 3}, "candidates": [ROW]}, MISPLACED, None, "price"),
    ("context in both", {"context": {"hour": 3}, "candidates": [{"hour": 3}]}, MISPLACED, 0, "hour"),
    ("candidate in both", {"context": {"age": 3}, "candidates": [{}, {"age": 3}]}, MISPLACED, 1, "age"),
    ("text as number", {"instances": [ROW, {"price": "3"}]}, VALUE, 1, "price"),
    ("object as category", {"instances": [{"item_id": {}}]}, VALUE, 0, "item_id"),
    ("fraction as category", {"instances": [{"item_id": 1.5}]}, VALUE, 0, "item_id"),
    ("id beyond 64 bits", {"instances": [{"item_id": 2**70}]}, VALUE, 0, "item_id"),
    ("list as number", {"columns": {"age": [1, [2]]}}, VALUE, 1, "age"),
    ("text as list", {"instances": [{"history": "i1,i2"}]}, VALUE, 0, "history"),
    ("list in list", {"instances": [{"tags": [["new"]]}]}, VALUE, 0, "tags"),
    ("wrong value in context", {"context": {"hour": "noon"}, "candidates": [ROW]}, VALUE, None, "hour"),
]


@pytest.mark.parametrize(("body", "slug", "row", "field"), [case[1:] for case in BODIES], ids=[c[0] for c in BODIES])
def test_bad_body(body: object, slug: str, row: int | None, field: str | None, client: Client) -> None:
    problem = assert_problem(client.predict(body), 422, slug)
    assert (problem.get("row"), problem.get("field")) == (row, field)
    assert row is None or f"row {row}" in problem["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"{",
        b"\xff\xfe",
        b'{"instances": [{"price": NaN}',
        b'{"instances": [{"price": NaN, "price": 1}]}',
        b'{"instances": [{"\\ud800": NaN}]}',
        b'{"\\ud800": 1, "instances": [{"price": NaN}]}',
        '{"instances": [{"price": NaN}]}'.encode("utf-16"),
        b'{"instances": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"instances": [{"country": "\\ud800"}]}',
    ],
)
def test_broken_json(body: bytes, client: Client) -> None:
    assert_problem(client.post(content=body, headers={"Content-Type": "application/json"}), 400, "broken-body")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400"])
@pytest.mark.parametrize("field", ["price", "item_id"])
def test_a_number_that_is_not_finite_is_refused_by_row_and_field(number: str, field: str, client: Client) -> None:
    body = f'{{"context": {{}}, "candidates": [{{}}, {{"{field}": {number}}}]}}'.encode()
    response = client.post(content=body, headers={"Content-Type": "application/json"})
    problem = assert_problem(response, 422, "wrong-value")
    assert (problem["row"], problem["field"]) == (1, field)


def test_misplaced_feature_says_where_it_belongs(client: Client) -> None:
    candidate = client.predict({"context": {"price": 3}, "candidates": [ROW]}).json()
    context = client.predict({"context": {}, "candidates": [{"hour": 3}]}).json()
    assert "each of `candidates`" in candidate["detail"]
    assert "once, in `context`" in context["detail"]


@pytest.mark.parametrize(("name", "place"), [("hour", "in `context` alone"), ("age", "in `candidates` alone")])
def test_a_feature_given_twice_is_refused_as_that(name: str, place: str, client: Client) -> None:
    for candidates in ([{}, {name: 3}], {name: [3]}):
        detail = client.predict({"context": {name: 3}, "candidates": candidates}).json()["detail"]
        assert "is given both in `context` and in a candidate" in detail
        assert place in detail


def test_unknown_feature_suggests_the_one_meant(client: Client) -> None:
    assert "did you mean 'item_id'?" in client.predict({"instances": [{"itemid": 1}]}).json()["detail"]


def test_endless_name_is_cut(client: Client) -> None:
    assert len(client.predict({"instances": [{"x" * 100_000: 1}]}).content) < 1000


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/json; charset=latin-1"]
)
def test_wrong_media_type(media_type: str, client: Client) -> None:
    response = client.post(content=b'{"instances": [{}]}', headers={"Content-Type": media_type})
    assert_problem(response, 415, "unsupported-media-type")


def test_other_codings_than_gzip_and_half_of_it(client: Client) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "br"}
    assert_problem(client.post(content=b"\x1f\x8b", headers=headers), 415, "unsupported-media-type")
    headers["Content-Encoding"] = "gzip"
    assert_problem(client.post(content=b"\x1f\x8b", headers=headers), 400, "broken-body")
    whole = gzip.compress(b'{"instances": [{}]}')
    assert client.post(content=whole, headers=headers).status_code == 200
    assert_problem(client.post(content=whole[:-1], headers=headers), 400, "broken-body")


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON", "application/json; charset=UTF-8"])
def test_right_media_type(media_type: str, client: Client) -> None:
    response = client.post(content=b'{"instances": [{}]}', headers={"Content-Type": media_type})
    assert response.status_code == 200


@pytest.mark.parametrize(
    "body", [{"instances": [{}] * 201}, {"context": {}, "candidates": [{}] * 201}, {"columns": {"age": [1] * 201}}]
)
def test_too_many_rows(body: object, client: Client) -> None:
    problem = assert_problem(client.predict(body), 413, "too-many-rows")
    assert "200" in problem["detail"]
    assert "201" in problem["detail"]


def test_a_client_that_leaves_is_no_crash(client: Client) -> None:
    async def leave() -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": "/predict", "headers": headers, "query_string": b""}
        await client.app(scope, receive, send)
        return sent

    assert client.run(leave())[0]["status"] == 499
