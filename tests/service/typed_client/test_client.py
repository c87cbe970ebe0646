"""The client and the service in one process: what is answered, what is refused, and what is sent."""

import asyncio
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from models.predictor import Predictor, typed_column
from service.app import create_app
from service.client import (
    Answer,
    AsyncClient,
    Client,
    ClientError,
    DeadlineError,
    RefusedError,
    Retries,
    UnexpectedAnswerError,
    UnreachableError,
)
from service.settings import Settings
from tests.service.tiny import FIELDS
from tests.service.typed_client.in_process import ask
from tests.service.typed_client.scripted import ANSWER, URL, World

CONTEXT = {"user_id": 3, "country": "de"}
CANDIDATES = [{"item_id": f"i{number}", "price": number} for number in range(5)]


def answered(transport_answer: Callable[[httpx.Request], httpx.Response], **question: Any) -> Answer:
    with Client(URL, transport=httpx.MockTransport(transport_answer)) as client:
        return client.predict(**question)


FORMS: dict[str, dict[str, Any]] = {
    "candidates": {"context": CONTEXT, "candidates": CANDIDATES},
    "candidate columns": {
        "context": CONTEXT,
        "candidates": {name: [row[name] for row in CANDIDATES] for name in CANDIDATES[0]},
    },
    "instances": {"instances": [{**CONTEXT, **candidate} for candidate in CANDIDATES]},
    "columns": {"columns": {"user_id": [3] * 5, "country": ["de"] * 5, "item_id": [c["item_id"] for c in CANDIDATES]}},
    "arrays": {
        "context": {"user_id": np.int64(3), "country": "de"},
        "candidates": {"item_id": np.array([c["item_id"] for c in CANDIDATES]), "price": np.arange(5.0)},
    },
}


@pytest.mark.parametrize("layout", ["rows", "columns"])
@pytest.mark.parametrize("form", FORMS)
def test_answers_are_what_the_model_predicts(checkpoint: Path, predictor: Predictor, form: str, layout: str) -> None:
    question = {**FORMS[form], "layout": layout}
    answer = ask(checkpoint, lambda client: client.predict(**question))
    rows = [{**CONTEXT, **candidate} for candidate in CANDIDATES]
    if form == "columns":
        rows = [{name: value for name, value in row.items() if name != "price"} for row in rows]
    columns = {f.name: typed_column(f, [row.get(f.name) for row in rows]) for f in predictor.config.features}
    expected = predictor.predict(columns, len(rows))
    assert answer.fields == FIELDS
    assert (len(answer), answer.index, answer.model) == (5, None, "tiny")
    for field in FIELDS:
        assert answer[field] == pytest.approx(expected[field].tolist(), rel=1e-5)
    assert answer.rows[2] == {field: answer[field][2] for field in FIELDS}


def test_the_model_describes_itself(checkpoint: Path, predictor: Predictor) -> None:
    model = ask(checkpoint, lambda client: client.model(), max_rows=77)
    assert (model.name, model.version, model.utility) == ("tiny", checkpoint.name, None)
    assert [feature.name for feature in model.features] == [feature.name for feature in predictor.config.features]
    assert tuple(field.name for task in model.tasks for field in task.fields) == FIELDS
    assert {feature.name: feature.scope for feature in model.features}["price"] == "candidate"
    assert model.limits.max_rows == 77
    assert model.metrics["click"]["auc"] == 0.71
    assert model.created_at <= datetime.now(UTC)


def test_ready_or_not(checkpoint: Path) -> None:
    assert ask(checkpoint, lambda client: client.ready())

    async def without_a_model() -> bool:
        app = create_app(Settings(checkpoint=checkpoint))
        async with AsyncClient("http://service", transport=httpx.ASGITransport(app)) as client:
            return await client.ready()

    assert asyncio.run(without_a_model()) is False


def test_a_refusal_names_row_and_field(checkpoint: Path) -> None:
    with pytest.raises(RefusedError, match=r"422 wrong-value: row 1, field 'price': .* found") as found:
        ask(checkpoint, lambda client: client.predict(instances=[{}, {"price": "3.50"}], request_id="abc-1"))
    error = found.value
    assert error.problem is not None
    assert (error.problem.kind, error.row, error.field) == ("wrong-value", 1, "price")
    assert (error.request_id, error.problem.request_id, error.num_tries) == ("abc-1", "abc-1", 1)
    with pytest.raises(RefusedError, match="413 too-many-rows"):
        ask(checkpoint, lambda client: client.predict(instances=[{}] * 3), max_rows=2)
    with pytest.raises(RefusedError, match="NaN") as found:
        ask(checkpoint, lambda client: client.predict(columns={"price": [1.0, float("nan")]}))
    assert (found.value.row, found.value.field) == (1, "price")


def test_the_request_id_goes_there_and_back(checkpoint: Path) -> None:
    answer = ask(checkpoint, lambda client: client.predict(instances=[{}], request_id="mine:1"))
    assert answer.request_id == "mine:1"


def test_large_bodies_are_compressed_where_that_is_asked_for(checkpoint: Path) -> None:
    world = World()
    with world.blocking(gzip_from_bytes=1_000, headers={"X-Team": "shop"}) as client:
        client.predict(instances=[{"item_id": "i1"}])
        client.predict(instances=[{"item_id": "i1"}] * 100)
    (_, small), (_, large) = world.requests
    assert "Content-Encoding" not in small.headers
    assert large.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(large.content))["instances"] == [{"item_id": "i1"}] * 100
    assert small.headers["X-Team"] == large.headers["X-Team"] == "shop"

    async def compressed() -> Answer:
        app = create_app(Settings(checkpoint=checkpoint))
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            AsyncClient("http://service", transport=transport, gzip_from_bytes=0) as client,
        ):
            return await client.predict(instances=[{"item_id": "i1"}] * 100)

    assert len(asyncio.run(compressed())) == 100


@pytest.mark.parametrize(
    ("status", "headers", "content"),
    [
        (200, {}, b"<html>a proxy</html>"),
        (200, {}, b"[1, 2]"),
        (200, {}, json.dumps({**ANSWER, "predictions": {"click": [0.1], "dwell": [1, 2]}}).encode()),
        (200, {}, json.dumps({**ANSWER, "index": [0]}).encode()),
        (200, {}, json.dumps({**ANSWER, "predictions": None}).encode()),
        (302, {"Location": "http://elsewhere"}, b""),
        (200, {"Content-Encoding": "gzip"}, b"nonsense"),
    ],
    ids=["page", "list", "ragged", "index", "null", "redirect", "coding"],
)
def test_what_is_no_answer_is_said_to_be_none(status: int, headers: dict[str, str], content: bytes) -> None:
    with pytest.raises(UnexpectedAnswerError, match="found"):
        answered(lambda request: httpx.Response(status, headers=headers, content=content))


def test_an_error_without_a_document_shows_what_came() -> None:
    with pytest.raises(RefusedError, match="404: 'no such page'") as found:
        answered(lambda request: httpx.Response(404, text="no such page"), instances=[{}])
    assert (found.value.problem, found.value.row, found.value.field) == (None, None, None)


def test_an_answer_is_frozen() -> None:
    answer = answered(lambda request: httpx.Response(200, json=ANSWER), instances=[{}, {}])
    with pytest.raises(AttributeError):
        answer.model = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        answer.columns["click"] = ()  # type: ignore[index]


@pytest.mark.parametrize("url", ["", "service:8000", "ftp://service", "http://"])
def test_an_address_has_a_scheme_and_a_host(url: str) -> None:
    with pytest.raises(ValueError, match="an address is like"):
        Client(url)


@pytest.mark.parametrize("timeout_s", [0, -1.0, float("nan"), float("inf"), 86_401])
def test_a_deadline_is_some_seconds(timeout_s: float) -> None:
    with pytest.raises(ValueError, match="up to 86400 seconds"):
        Client(URL, timeout_s=timeout_s)
    world = World()
    with world.blocking() as client, pytest.raises(ValueError, match="up to 86400 seconds"):
        client.ready(timeout_s=timeout_s)
    assert world.requests == []


def test_an_unknown_argument_is_an_error() -> None:
    with Client(URL) as client, pytest.raises(TypeError):
        client.predict(contexts={})  # type: ignore[call-arg]


def test_a_value_that_is_no_json_is_refused_before_anything_is_sent() -> None:
    world = World()
    with world.blocking() as client, pytest.raises(TypeError, match="found datetime"):
        client.predict(instances=[{"hour": datetime.now(UTC)}])
    assert world.requests == []


def test_nobody_listens(unused_port: int) -> None:
    with (
        Client(f"http://127.0.0.1:{unused_port}", sleep=lambda seconds: None) as client,
        pytest.raises(UnreachableError) as found,
    ):
        client.ready()
    assert found.value.num_tries == Retries().max_tries


@pytest.mark.parametrize("kind", ["blocking", "asynchronous"])
def test_somebody_listens_and_says_nothing(kind: str, silent_port: int) -> None:
    url = f"http://127.0.0.1:{silent_port}"

    def blocking() -> bool:
        with Client(url, timeout_s=0.05) as client:
            return client.ready()

    async def asynchronous() -> bool:
        async with AsyncClient(url, timeout_s=0.05) as client:
            return await client.ready()

    with pytest.raises(DeadlineError) as found:
        blocking() if kind == "blocking" else asyncio.run(asynchronous())
    assert found.value.num_tries == 1


def test_all_errors_are_one_tree() -> None:
    import service.client as library

    errors = [each for name, each in vars(library).items() if name.endswith("Error")]
    assert len(errors) == 7
    assert all(issubclass(error, ClientError) for error in errors)
