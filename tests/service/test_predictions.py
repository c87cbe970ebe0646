"""What is served is what the model predicts offline."""

import random
from typing import Any

import numpy as np
import pytest

from models.predictor import Predictor, typed_column
from tests.service.client import Client
from tests.service.tiny import FIELDS, random_candidate, random_context

NUM_CONTEXTS = 10
NUM_CANDIDATES = 100


@pytest.fixture(scope="module")
def requests() -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    rng = random.Random(11)
    return [(random_context(rng), [random_candidate(rng) for _ in range(NUM_CANDIDATES)]) for _ in range(NUM_CONTEXTS)]


def offline(predictor: Predictor, rows: list[dict[str, Any]]) -> list[dict[str, float]]:
    columns = {f.name: typed_column(f, [row.get(f.name) for row in rows]) for f in predictor.config.features}
    predictions = predictor.predict(columns, len(rows))
    return [{field: float(predictions[field][row]) for field in FIELDS} for row in range(len(rows))]


def bodies(context: dict[str, Any], candidates: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    instances = [{**context, **candidate} for candidate in candidates]
    names = sorted(set().union(*instances))
    return {
        "candidates": {"context": context, "candidates": candidates},
        "candidate columns": {
            "context": context,
            "candidates": {name: [row.get(name) for row in candidates] for name in sorted(set().union(*candidates))},
        },
        "instances": {"instances": instances},
        "columns": {"columns": {name: [row.get(name) for row in instances] for name in names}},
    }


def assert_same(served: list[dict[str, float]], expected: list[dict[str, float]]) -> None:
    assert len(served) == len(expected)
    for answer, truth in zip(served, expected, strict=True):
        assert tuple(answer) == FIELDS
        for field in FIELDS:
            assert answer[field] == pytest.approx(truth[field], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("form", ["candidates", "candidate columns", "instances", "columns"])
def test_served_equals_offline(form: str, client: Client, predictor: Predictor, requests: Any) -> None:
    for context, candidates in requests:
        response = client.predict(bodies(context, candidates)[form])
        assert response.status_code == 200, response.text
        assert_same(response.json()["predictions"], offline(predictor, [{**context, **row} for row in candidates]))


def test_predictions_differ_between_rows(client: Client, requests: Any) -> None:
    context, candidates = requests[0]
    served = client.predict({"context": context, "candidates": candidates}).json()["predictions"]
    assert len({answer["click"] for answer in served}) > NUM_CANDIDATES / 2


def test_numbers_survive_as_the_same_float32(client: Client, predictor: Predictor) -> None:
    served = client.predict({"instances": [{}]}).json()["predictions"][0]
    expected = predictor.predict({}, 1)
    for field in FIELDS:
        assert np.float32(served[field]) == expected[field][0]


def test_permuting_candidates_permutes_predictions(client: Client, requests: Any) -> None:
    context, candidates = requests[1]
    order = random.Random(3).sample(range(NUM_CANDIDATES), NUM_CANDIDATES)
    straight = client.predict({"context": context, "candidates": candidates}).json()["predictions"]
    permuted = client.predict({"context": context, "candidates": [candidates[i] for i in order]}).json()["predictions"]
    assert_same(permuted, [straight[i] for i in order])


def test_answer_names_model_and_request(client: Client) -> None:
    response = client.predict({"context": {}, "candidates": [{}]}, headers={"X-Request-ID": "abc-1"})
    card = client.get("/model").json()
    answer = response.json()
    assert list(answer) == ["model", "version", "request_id", "predictions"]
    assert (answer["model"], answer["version"], answer["request_id"]) == ("tiny", card["version"], "abc-1")


def test_one_candidate_and_the_most_allowed(client: Client) -> None:
    for num_rows in (1, 200):
        response = client.predict({"context": {"user_id": 3}, "candidates": [{"item_id": "i1"}] * num_rows})
        assert len(response.json()["predictions"]) == num_rows


def test_null_is_the_same_as_absent(client: Client) -> None:
    absent = client.predict({"instances": [{"user_id": 3}]}).json()["predictions"]
    null = client.predict({"instances": [{"user_id": 3, "price": None, "tags": None, "history": []}]}).json()
    assert absent == null["predictions"]


def test_spellings_of_an_id_are_one_id(client: Client) -> None:
    answers = [client.predict({"instances": [{"user_id": user}]}).json()["predictions"] for user in (7, 7.0, "7")]
    assert answers[0] == answers[1] == answers[2]
