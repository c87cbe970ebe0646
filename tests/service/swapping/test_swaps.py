"""Requests and swaps at the same time: each answer is that of the version which it names, and nothing is lost."""

import asyncio
import gc
import json
import random
import weakref
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from models.checkpoint import load_checkpoint
from service.arrow.reader import ARROW
from tests.service.client import Client, assert_problem
from tests.service.swapping.versions import Versions, look, served
from tests.service.tiny import CONFIG, random_candidate, random_context

JSON = {"Content-Type": "application/json"}


async def predicted(client: Client, body: dict[str, Any]) -> tuple[str, NDArray[np.float64]]:
    """The version that an answer names, and its predictions, [fields, rows]."""
    answer = await client.http.post("/predict", content=json.dumps({"layout": "columns"} | body), headers=JSON)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return found["version"], np.array([*found["predictions"].values()])


def test_each_answer_is_of_the_version_that_it_names(versions: Versions, follow: Callable[..., Client]) -> None:
    rng = random.Random(5)
    names = [versions.champion, versions.add(seed=2), versions.add(seed=3)]
    bodies = [
        {"context": random_context(rng), "candidates": [random_candidate(rng) for _ in range(size)]}
        for size in (1, 3, 40, 700)
    ]
    client = follow()
    expected: dict[tuple[str, int], NDArray[np.float64]] = {}
    for name in names:
        versions.promote(name)
        assert look(client) == name
        for number, body in enumerate(bodies):
            version, expected[name, number] = client.run(predicted(client, body))
            assert version == name
    for number in range(len(bodies)):
        first, *others = [expected[name, number] for name in names]
        assert all(np.abs(other / first - 1).max() > 0.01 for other in others), "the versions cannot be told apart"

    seen: set[str] = set()
    is_over = asyncio.Event()

    async def ask(number: int) -> None:
        while not is_over.is_set():
            version, predictions = await predicted(client, bodies[number])
            np.testing.assert_allclose(predictions, expected[version, number], rtol=1e-4)
            seen.add(version)
            await asyncio.sleep(0)

    async def swap() -> None:
        for round_number in range(6):
            versions.promote(names[round_number % len(names)])
            await client.app.state.follower.look()
        is_over.set()

    async def both() -> None:
        await asyncio.gather(swap(), *(ask(number % len(bodies)) for number in range(12)))

    client.run(both())
    assert seen == set(names)
    assert client.metric("threefold_swaps_total", result="swapped") >= 7


def test_a_request_ends_on_the_version_on_which_it_began(versions: Versions, follow: Callable[..., Client]) -> None:
    """Its features are those of that version, even where the next one has others."""
    old = versions.champion
    without_age = CONFIG.model_copy(
        update={"features": tuple(each for each in CONFIG.features if each.name != "age"), "tasks": CONFIG.tasks[:1]}
    )
    new = versions.add(seed=2, config=without_age)
    client = follow()

    async def slow_body(may_go_on: asyncio.Event) -> AsyncIterator[bytes]:
        yield b'{"instances": [{"age": 31, '
        await may_go_on.wait()
        yield b'"item_id": "i3"}]}'

    async def during_a_swap() -> tuple[httpx.Response, httpx.Response]:
        may_go_on = asyncio.Event()
        request = client.http.post("/predict", content=slow_body(may_go_on), headers=JSON)
        began = asyncio.create_task(request)
        while client.app.state.serving.engine.num_users == 0:
            await asyncio.sleep(0)
        versions.promote(new)
        await client.app.state.follower.look()
        after = await client.http.post("/predict", json={"instances": [{"item_id": "i3"}]})
        may_go_on.set()
        return await began, after

    before, after = client.run(during_a_swap())
    assert (before.status_code, before.json()["version"]) == (200, old)
    assert set(before.json()["predictions"][0]) == set(CONFIG.answer_fields)
    assert (after.status_code, after.json()["version"]) == (200, new)
    assert set(after.json()["predictions"][0]) == {"click"}
    assert_problem(client.predict({"instances": [{"age": 31}]}), 422, "unknown-feature")


def test_the_old_version_is_freed_with_its_last_request(versions: Versions, follow: Callable[..., Client]) -> None:
    """By reference counts alone: the collector spares what a server holds for long, and would never find it."""
    client = follow()
    served(client)
    serving = client.app.state.serving
    held = [weakref.ref(each) for each in (serving, serving.engine, serving.engine.predictor.encoder)]
    del serving
    versions.promote(versions.add(seed=2))
    gc.disable()
    try:
        look(client)
        client.run(asyncio.sleep(0.1))  # its task ends
        assert [each() for each in held] == [None] * len(held)
    finally:
        gc.enable()


def test_all_that_names_a_version_is_swapped(versions: Versions, follow: Callable[..., Client]) -> None:
    client = follow()
    names = [versions.champion, versions.add(seed=2)]
    infer = {name: f"/v2/models/tiny/versions/{name}/infer" for name in names}
    body = {"inputs": [{"name": "item_id", "datatype": "BYTES", "shape": [1], "data": ["i3"]}]}
    for now, other in (names, names[::-1]):
        versions.promote(now)
        assert look(client) == now
        answer = client.post(infer[now], json=body)
        assert answer.json()["model_version"] == now, answer.text
        assert_problem(client.post(infer[other], json=body), 404, "unknown-model")
        assert_problem(client.get(f"/v2/models/tiny/versions/{other}"), 404, "unknown-model")
        assert client.get("/v2/models/tiny").json()["versions"] == [now]
        assert client.post("/v2/models/tiny/infer", json=body).json()["model_version"] == now
        assert client.get("/model").json()["version"] == now
        assert client.get("/openapi.json").json()["info"]["version"] == now
        arrow = client.predict({"instances": [{}]}, headers={"Accept": ARROW})
        assert now.encode() in arrow.content
        assert client.metric("threefold_model_info", model="tiny", version=now) == 1
        assert client.metric("threefold_model_info", model="tiny", version=other) == 0
        assert client.metric("threefold_wanted_version_info", version=now) == 1
        assert client.get("/readyz").status_code == 200


def test_one_bound_for_both_versions(versions: Versions, follow: Callable[..., Client]) -> None:
    client = follow(max_open_bodies=1)
    before = client.app.state.serving.engine
    versions.promote(versions.add(seed=2))
    look(client)
    with before.holding():
        assert_problem(client.predict({"instances": [{}]}), 503, "overloaded")
        assert client.metric("threefold_open_bodies") == 1
    served(client)
    assert client.metric("threefold_open_bodies") == 0


def test_the_model_card_tells_what_is_followed(versions: Versions, follow: Callable[..., Client]) -> None:
    client = follow()
    following: dict[str, Any] = client.get("/model").json()["following"]
    assert following == {"channel": "production", "wanted": versions.champion, "problem": None}
    assert load_checkpoint(versions.folder / following["wanted"])[1].version == served(client)
