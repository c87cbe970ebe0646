"""The metrics say what happened."""

from collections.abc import Callable

from service.metrics import STAGES
from tests.service.client import Client
from tests.service.tiny import CANDIDATE, CONTEXT


def test_requests_rows_and_stages(fresh: Callable[..., Client]) -> None:
    client = fresh()
    client.predict({"context": {}, "candidates": [{}] * 5})
    client.predict({"instances": []})
    client.get("/scan/1")
    client.get("/scan/2")
    assert client.metric("threefold_requests_total", route="/predict", status="200") == 1
    assert client.metric("threefold_requests_total", route="/predict", status="422") == 1
    assert client.metric("threefold_requests_total", route="unmatched", status="404") == 2
    assert client.metric("threefold_request_seconds_count", route="/predict") == 2
    assert client.metric("threefold_problems_total", problem="wrong-shape") == 1
    assert client.metric("threefold_problems_total", problem="not-found") == 2
    assert client.metric("threefold_rows_total") == 5
    for stage in STAGES:
        assert client.metric("threefold_stage_seconds_count", stage=stage) >= 1, stage


def test_unknown_and_missing_are_counted_by_feature_and_row(fresh: Callable[..., Client]) -> None:
    client = fresh()
    context = {"user_id": "nobody", "country": "xx", "history": ["i1", "never"], "interests": "sport", "hour": 3}
    candidates = [{"item_id": "i1", "tags": ["new", "odd", "odder"], "price": 1, "age": 2, "views": 3}, {"tags": []}]
    client.predict({"context": context, "candidates": candidates})
    features = [*CONTEXT, *CANDIDATE]
    unknown = {f: client.metric("threefold_unknown_categories_total", feature=f) for f in features}
    missing = {f: client.metric("threefold_missing_values_total", feature=f) for f in features}
    assert {f: n for f, n in unknown.items() if n} == {"user_id": 2, "history": 2, "tags": 1}
    assert {f: n for f, n in missing.items() if n} == {"item_id": 1, "tags": 1, "price": 1, "age": 1, "views": 1}


def test_model_and_state(fresh: Callable[..., Client]) -> None:
    client = fresh()
    card = client.get("/model").json()
    assert client.metric("threefold_model_info", model="tiny", version=card["version"]) == 1
    assert client.metric("threefold_model_created_timestamp_seconds") > 1.7e9
    assert client.metric("threefold_ready") == 1
    text = client.get("/metrics")
    assert text.headers["content-type"].startswith("text/plain")
    assert "process_resident_memory_bytes" in text.text
