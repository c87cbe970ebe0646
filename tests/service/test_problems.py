"""Every error of every route is a problem document with a request id, and the log holds no value of a feature."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from service.app import create_app
from service.refusal import KINDS
from service.settings import Settings
from tests.service.client import Client, assert_problem

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def paths(client: Client) -> dict[str, set[str]]:
    """Methods by path, as the document of the API says."""
    document = client.get("/openapi.json").json()["paths"]
    return {"/openapi.json": {"GET"}, **{path: {m.upper() for m in methods} for path, methods in document.items()}}


def test_wrong_method_on_every_route(client: Client) -> None:
    for path, known in paths(client).items():
        for method in set(METHODS) - known:
            response = client.send(method, path)
            assert_problem(response, 405, "method-not-allowed")
            assert set(response.headers["allow"].split(", ")) >= known


@pytest.mark.parametrize("path", ["/", "/predict/", "/docs", "/redoc", "/v1/predict", "/%00", "/a%0Ab"])
def test_unknown_path(path: str, client: Client) -> None:
    for method in METHODS:
        assert_problem(client.send(method, path), 404, "not-found")


def test_nothing_but_health_works_without_a_model(checkpoint: Path) -> None:
    with Client(create_app(Settings(checkpoint=checkpoint)), lifespan=False) as client:
        assert_problem(client.predict({"instances": [{}]}), 503, "not-ready")
        assert_problem(client.get("/model"), 503, "not-ready")
        assert_problem(client.get("/readyz"), 503, "not-ready")
        assert client.get("/livez").json() == {"status": "alive"}
        assert client.get("/metrics").status_code == 200


def test_ready_until_the_engine_stops(fresh: Callable[..., Client]) -> None:
    client = fresh()
    assert client.get("/readyz").json() == {"status": "ready"}
    assert client.metric("threefold_ready") == 1
    client.app.state.serving.engine.close()
    assert_problem(client.get("/readyz"), 503, "not-ready")
    assert_problem(client.predict({"instances": [{}]}), 503, "not-ready")
    assert client.get("/livez").status_code == 200
    assert client.metric("threefold_ready") == 0


def test_a_crash_on_any_route_is_a_problem_and_a_trace_in_the_log(
    fresh: Callable[..., Client], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = fresh()

    def explode(*args: object, **options: object) -> None:
        raise RuntimeError("the secret of the house")

    for name in ("predict.media_type", "routes.ready_serving", "routes.Health"):
        monkeypatch.setattr(f"service.{name}", explode)
    monkeypatch.setattr(client.app.state.metrics, "exposition", explode)
    for method, path in (("POST", "/predict"), ("GET", "/openapi.json"), ("GET", "/metrics"), ("GET", "/livez")):
        caplog.clear()
        response = client.send(method, path)
        problem = assert_problem(response, 500, "internal-error")
        assert "secret" not in response.text
        assert "the secret of the house" in caplog.text
        assert problem["request_id"] in caplog.text


def test_predictions_that_are_not_finite(fresh: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> None:
    client = fresh()
    broken = np.array([[0.5, 1.0, 1.0, 0.1], [0.5, np.nan, 1.0, 0.1]], np.float32)
    with monkeypatch.context() as patch:
        patch.setattr(client.app.state.serving.engine.compiled, "predict", lambda batch: broken)
        problem = assert_problem(client.predict({"instances": [{}, {}]}), 500, "not-finite")
    assert (problem["row"], problem["field"]) == (1, "dwell")
    assert client.metric("threefold_problems_total", problem="not-finite") == 1
    assert client.predict({"instances": [{}]}).status_code == 200


def test_a_huge_number_harms_no_later_request(client: Client) -> None:
    assert client.predict({"instances": [{"age": 1e300, "views": -1e300, "price": 1e308}]}).status_code == 200
    assert client.predict({"instances": [{}]}).status_code == 200


def test_refusals_are_logged_without_values(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    response = client.predict({"instances": [{"user_id": "ada"}, {"price": "top secret"}]})
    assert "top secret" in response.json()["detail"]
    assert "problem=wrong-value status=422 row=1 field='price'" in caplog.text
    assert "top secret" not in caplog.text
    assert "ada" not in caplog.text


@pytest.mark.parametrize("given", ["a", "0af7651916cd43dd8448eb211c80319c", "svc:1_2.3-4", "x" * 128])
def test_decent_request_id_is_kept(given: str, client: Client) -> None:
    for response in (
        client.get("/livez", headers={"X-Request-ID": given}),
        client.get("/no", headers={"X-Request-ID": given}),
    ):
        assert response.headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "a\tb", 'a"b', "ä".encode(), "a;b", "{}"])
def test_other_request_id_is_replaced(given: str | bytes, client: Client) -> None:
    response = client.get("/livez", headers={"X-Request-ID": given})
    assert len(response.headers["x-request-id"]) == 32


def test_generated_request_ids_differ(client: Client) -> None:
    assert len({client.get("/livez").headers["x-request-id"] for _ in range(20)}) == 20


def test_kinds_are_told_apart_by_their_slug() -> None:
    assert len({kind.slug for kind in KINDS}) == len(KINDS)
