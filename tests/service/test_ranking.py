"""A model with a utility: scores in every answer, the best rows on request, and what is refused."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.ranking import Utility
from service.app import create_app
from service.engine import Engine
from service.refusal import Refusal
from service.settings import Settings
from tests.service.client import Client as RawClient
from tests.service.client import assert_problem
from tests.service.tiny import FIELDS, random_candidate, random_context, save_tiny

UTILITY = "click * (1 + 0.02 * dwell) + 30 * conversion"
NUM_CANDIDATES = 60


@pytest.fixture(scope="module")
def ranked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RawClient]:
    checkpoint = save_tiny(tmp_path_factory.mktemp("ranked"), UTILITY)
    with RawClient(create_app(Settings(checkpoint=checkpoint, max_rows=200))) as client:
        yield client


@pytest.fixture(scope="module")
def body() -> dict[str, Any]:
    rng = random.Random(5)
    return {"context": random_context(rng), "candidates": [random_candidate(rng) for _ in range(NUM_CANDIDATES)]}


def test_every_row_has_the_utility_of_its_predictions(ranked: RawClient, body: dict[str, Any]) -> None:
    rows = ranked.predict(body).json()["predictions"]
    values = np.array([[row[field] for field in FIELDS] for row in rows], dtype=np.float32)
    scores = Utility.parse(UTILITY, FIELDS).score(values)
    assert all(tuple(row) == (*FIELDS, "score") for row in rows)
    assert [np.float32(row["score"]) for row in rows] == list(scores)
    assert len(set(scores.tolist())) > NUM_CANDIDATES / 2


@pytest.mark.parametrize("layout", ["rows", "columns"])
@pytest.mark.parametrize("top_k", [1, 7, NUM_CANDIDATES, NUM_CANDIDATES + 1, 2**31 - 1])
def test_the_best_rows_are_the_first_of_all_sorted(
    ranked: RawClient, body: dict[str, Any], layout: str, top_k: int
) -> None:
    rows = ranked.predict(body).json()["predictions"]
    expected = sorted(range(NUM_CANDIDATES), key=lambda row: -rows[row]["score"])[:top_k]
    answer = ranked.predict({**body, "layout": layout, "top_k": top_k}).json()
    assert answer["index"] == expected
    best = [rows[position] for position in expected]
    if layout == "columns":
        assert answer["predictions"] == {field: [row[field] for row in best] for field in (*FIELDS, "score")}
    else:
        assert answer["predictions"] == best


def test_ties_keep_the_order_sent(ranked: RawClient) -> None:
    candidates = [{"item_id": f"i{number % 3}"} for number in range(30)]
    answer = ranked.predict({"context": {}, "candidates": candidates, "top_k": 30}).json()
    groups = [[place for place in answer["index"] if place % 3 == item] for item in range(3)]
    assert all(group == sorted(group) for group in groups)
    assert len({row["score"] for row in answer["predictions"]}) == 3


@pytest.mark.parametrize("form", ["instances", "columns"])
def test_all_forms_may_ask_for_the_best(ranked: RawClient, body: dict[str, Any], form: str) -> None:
    rows = [{**body["context"], **candidate} for candidate in body["candidates"]]
    names = sorted(set().union(*rows))
    sent = rows if form == "instances" else {name: [row.get(name) for row in rows] for name in names}
    answer = ranked.predict({form: sent, "top_k": 5}).json()
    assert answer["index"] == ranked.predict({**body, "top_k": 5}).json()["index"]


@pytest.mark.parametrize("top_k", [0, -1, 1.5, "3", True, None, [2], 2**31])
def test_a_number_of_rows_is_a_whole_number_from_1(ranked: RawClient, top_k: Any) -> None:
    problem = assert_problem(ranked.predict({"instances": [{}], "top_k": top_k}), 422, "wrong-shape")
    assert problem["field"] == "top_k"
    assert "from 1 to" in problem["detail"]


def test_without_a_utility_there_are_no_best_rows(client: RawClient) -> None:
    answer = client.predict({"instances": [{}, {}]}).json()
    assert set(answer["predictions"][0]) == set(FIELDS)
    assert "index" not in answer
    problem = assert_problem(client.predict({"instances": [{}], "top_k": 1}), 422, "no-utility")
    assert problem["field"] == "top_k"
    assert "[ranking]" in problem["detail"]


def test_a_score_that_is_not_finite_is_refused_by_its_row(client: RawClient, tmp_path: Path) -> None:
    rng = random.Random(0)
    body = {"instances": [{**random_context(rng), **random_candidate(rng)} for _ in range(150)], "top_k": 2}
    dwell = [row["dwell"] for row in client.predict({"instances": body["instances"]}).json()["predictions"]]
    *_, second, highest = sorted(dwell)
    utility = f"sqrt({(second + highest) / 2} - dwell)"  # the same weights
    with RawClient(create_app(Settings(checkpoint=save_tiny(tmp_path, utility)))) as broken:
        problem = assert_problem(broken.predict(body), 500, "not-finite")
    assert (problem["row"], problem["field"]) == (dwell.index(highest), "score")
    assert f"`{utility}` is nan at dwell = " in problem["detail"]


def test_a_model_whose_score_is_never_finite_is_not_served(tmp_path: Path) -> None:
    settings = Settings(checkpoint=save_tiny(tmp_path, "log(click - 1)"))
    with pytest.raises(Refusal, match=r"field 'score': must be finite; `log\(click - 1\)` is nan"):
        Engine.load(settings)


def test_the_description_knows_score_index_and_top_k(ranked: RawClient, client: RawClient) -> None:
    assert ranked.get("/model").json()["utility"] == UTILITY
    assert client.get("/model").json()["utility"] is None
    with_utility, without = (each.get("/openapi.json").json()["components"]["schemas"] for each in (ranked, client))
    assert UTILITY in with_utility["Prediction"]["properties"]["score"]["description"]
    assert "score" in with_utility["PredictionColumns"]["required"]
    assert "index" in with_utility["Answer"]["properties"]
    for form in ("CandidatesBody", "InstancesBody", "ColumnsBody"):
        assert with_utility[form]["properties"]["top_k"]["minimum"] == 1
        assert "top_k" not in without[form]["properties"]
    assert "score" not in without["Prediction"]["properties"]
    assert "index" not in without["Answer"]["properties"]
