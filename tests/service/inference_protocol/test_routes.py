"""The routes beside `infer`: who is answered what, and under which name it is counted."""

from collections.abc import Callable
from typing import Any

import pytest

from service.inference_protocol.not_offered import REFUSED
from tests.service.client import Client, assert_problem

INFER = "/v2/models/{name}/infer"
BODY = {"inputs": [{"name": "item_id", "datatype": "INT64", "shape": [2], "data": [1, 2]}]}


@pytest.mark.parametrize("name", ["huge", "tin", "tiny2", "TINY", "a b", "%2e%2e", "é"])
def test_another_model_is_unknown_and_floods_no_metric(client: Client, name: str) -> None:
    before = client.metric("threefold_requests_total", route=INFER, status="404")
    assert_problem(client.post(INFER.format(name=name), json=BODY), 404, "unknown-model")
    assert client.metric("threefold_requests_total", route=INFER, status="404") == before + 1
    for path in ("", "/ready", "/config", "/stats", "/versions/1", "/versions/1/ready", "/versions/1/stats"):
        assert_problem(client.get(f"/v2/models/{name}{path}"), 404, "unknown-model")
    text = client.get("/metrics").text
    assert f"/v2/models/{name}" not in text


def test_what_is_inferred_is_counted_under_its_template(client: Client) -> None:
    before = client.metric("threefold_requests_total", route=INFER, status="200")
    rows = client.metric("threefold_rows_total")
    assert client.post(INFER.format(name="tiny"), json=BODY).status_code == 200
    assert client.metric("threefold_requests_total", route=INFER, status="200") == before + 1
    assert client.metric("threefold_rows_total") == rows + 2


def test_statistics_are_those_of_predict_too(client: Client) -> None:
    def counted() -> tuple[int, int]:
        (model,) = client.get("/v2/models/stats").json()["model_stats"]
        return model["inference_count"], model["inference_stats"]["success"]["count"]

    rows, requests = counted()
    assert client.predict({"instances": [{}] * 5}).status_code == 200
    assert client.predict({"instances": []}).status_code == 422
    assert counted() == (rows + 5, requests + 1)


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: refused.path)
def test_what_is_not_offered_says_why(client: Client, refused: Any) -> None:
    path = refused.path.format(name="tiny", region="r")
    for method in refused.methods:
        problem = assert_problem(client.send(method, path), 400, "not-offered")
        assert refused.why in problem["error"]
    other = client.send("DELETE", path)
    assert_problem(other, 405, "method-not-allowed")
    assert {method.strip() for method in other.headers["allow"].split(",")} == set(refused.methods)


def test_errors_have_the_protocols_member_below_its_paths_only(client: Client) -> None:
    assert "error" not in client.get("/v3").json()
    assert "error" not in client.get("/v22").json()
    for path in ("/v2/", "/v2/models", "/v2/models/"):
        problem = assert_problem(client.get(path), 404, "not-found")
        assert problem["error"] == problem["detail"]
    assert_problem(client.get("/v2/models/tiny/infer"), 405, "method-not-allowed")


def test_nothing_is_ready_before_the_model_is(fresh: Callable[..., Client]) -> None:
    client = fresh()
    client.app.state.serving.engine.close()
    assert client.get("/v2/health/live").status_code == 200
    assert client.get("/v2").status_code == 200
    for path in ("/v2/health/ready", "/v2/models/tiny", "/v2/models/tiny/ready", "/v2/models/stats"):
        assert_problem(client.get(path), 503, "not-ready")
    assert_problem(client.post("/v2/models/tiny/infer", json=BODY), 503, "not-ready")
    assert_problem(client.post("/v2/repository/index"), 503, "not-ready")
