"""The description is true: examples work, features and predictions are all there, nothing needs the internet."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from service.problem import MEDIA_TYPE
from service.refusal import CLIENT_GONE, KINDS, METHOD_NOT_ALLOWED, NOT_FOUND
from tests.service.client import Client
from tests.service.tiny import CANDIDATE, CONFIG, CONTEXT, FIELDS

Document = dict[str, Any]


@pytest.fixture(scope="module")
def document(client: Client) -> Document:
    document: Document = client.get("/openapi.json").json()
    return document


def media(document: Document) -> Document:
    found: Document = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    return found


def test_examples_are_accepted_and_agree(client: Client, document: Document) -> None:
    answers = {}
    for form, example in media(document)["examples"].items():
        response = client.predict(example["value"])
        assert response.status_code == 200, response.text
        answers[form] = response.json()["predictions"]
    assert set(answers) == {"candidates", "candidate_columns", "instances", "columns"}
    shown = document["paths"]["/predict"]["post"]["responses"]["200"]["content"]["application/json"]["example"]
    for predictions in (*answers.values(), shown["predictions"]):
        for row, expected in zip(predictions, answers["instances"], strict=True):
            assert row == pytest.approx(expected, rel=1e-5)


def test_examples_hold_every_feature_and_nothing_unknown(client: Client, document: Document) -> None:
    before = client.metric("threefold_unknown_categories_total", feature="item_id")
    example = media(document)["examples"]["candidates"]["value"]
    assert set(example["context"]) == set(CONTEXT)
    assert all(set(candidate) == set(CANDIDATE) for candidate in example["candidates"])
    client.predict(example)
    assert client.metric("threefold_unknown_categories_total", feature="item_id") == before


def test_schemas_hold_every_feature_and_every_field(document: Document) -> None:
    schemas = document["components"]["schemas"]
    assert set(schemas["Context"]["properties"]) == set(CONTEXT)
    assert set(schemas["Candidate"]["properties"]) == set(CANDIDATE)
    assert set(schemas["Instance"]["properties"]) == {*CONTEXT, *CANDIDATE}
    assert set(schemas["ColumnsBody"]["properties"]["columns"]["properties"]) == {*CONTEXT, *CANDIDATE}
    assert tuple(schemas["Prediction"]["properties"]) == FIELDS
    assert "seconds" in schemas["Prediction"]["properties"]["dwell"]["description"]
    assert "string" in schemas["Instance"]["properties"]["interests"]["type"]
    assert all("description" in feature for feature in schemas["Instance"]["properties"].values())


def test_references_lead_somewhere(document: Document) -> None:
    for reference in references(document):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert place


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from [value] if key == "$ref" else references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_operation_describes_its_problems(document: Document) -> None:
    for methods in document["paths"].values():
        for operation in methods.values():
            problems = {status: each for status, each in operation["responses"].items() if int(status) >= 400}
            assert {"500"} <= set(problems)
            for status, described in problems.items():
                assert described["content"] == {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
                kinds = [kind for kind in KINDS if f"`{kind.type}`" in described["description"]]
                assert kinds
                assert {str(kind.status) for kind in kinds} == {status}


def test_every_kind_of_problem_is_described_where_it_can_be_met(document: Document) -> None:
    text = json.dumps(document["paths"])
    for kind in KINDS:
        assert (f"`{kind.type}`" in text) == (kind not in {NOT_FOUND, METHOD_NOT_ALLOWED, CLIENT_GONE})


def test_model_card(client: Client) -> None:
    card = client.get("/model").json()
    assert card["name"] == "tiny"
    assert [feature["name"] for feature in card["features"]] == [feature.name for feature in CONFIG.features]
    by_name = {feature["name"]: feature for feature in card["features"]}
    assert by_name["country"]["vocabulary"] == "hash"
    assert (by_name["item_id"]["vocabulary"], by_name["item_id"]["num_categories"]) == ("learned", 50)
    assert by_name["history"]["num_categories"] == 50
    assert by_name["interests"]["separator"] == ","
    assert [field["name"] for task in card["tasks"] for field in task["fields"]] == list(FIELDS)
    units = {field["name"]: field["unit"] for task in card["tasks"] for field in task["fields"]}
    assert units == {"click": "probability", "dwell": "seconds", "dwell_median": "seconds", "conversion": "probability"}
    assert card["metrics"] == {"click": {"auc": 0.71, "lift": None}}
    assert card["limits"] == {"max_rows": 200, "max_body_bytes": 8 * 1024 * 1024, "max_queued_rows": 20_000}
    assert card["schema_fingerprint"] == CONFIG.schema_fingerprint
