"""With a utility, `score` is an output; with `top_k` the best rows come, and `index` says which they are."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from service.app import create_app
from service.inference_protocol.binary import HEADER_LENGTH
from service.settings import Settings
from tests.service.client import Client, assert_problem
from tests.service.tiny import FIELDS, save_tiny

INFER = "/v2/models/tiny/infer"
IDS = [f"i{number}" for number in range(20)]


@pytest.fixture(scope="module")
def ranking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    checkpoint = save_tiny(tmp_path_factory.mktemp("ranking"), utility="click * dwell + conversion")
    with Client(create_app(Settings(checkpoint=checkpoint))) as client:
        yield client


def body(**more: Any) -> dict[str, Any]:
    return {"inputs": [{"name": "item_id", "datatype": "BYTES", "shape": [20], "data": IDS}], **more}


def outputs(client: Client, **more: Any) -> dict[str, np.ndarray[Any, Any]]:
    response = client.post(INFER, json=body(**more))
    assert response.status_code == 200, response.text
    dtypes = {"FP32": np.float32, "INT64": np.int64}
    return {each["name"]: np.array(each["data"], dtypes[each["datatype"]]) for each in response.json()["outputs"]}


def test_score_is_an_output(ranking: Client) -> None:
    found = outputs(ranking)
    assert list(found) == [*FIELDS, "score"]
    assert [each["name"] for each in ranking.get("/v2/models/tiny").json()["outputs"]] == list(found)
    expected = found["click"].astype(float) * found["dwell"] + found["conversion"]
    np.testing.assert_allclose(found["score"], expected, rtol=1e-6)


def test_the_best_rows_come_with_their_positions(ranking: Client) -> None:
    everything = outputs(ranking)
    best = outputs(ranking, parameters={"top_k": 5})
    assert list(best) == [*FIELDS, "score", "index"]
    np.testing.assert_array_equal(best["index"], np.argsort(-everything["score"], kind="stable")[:5])
    for name in (*FIELDS, "score"):
        np.testing.assert_array_equal(best[name], everything[name][best["index"]])
    some = outputs(ranking, parameters={"top_k": 100}, outputs=[{"name": "index"}])
    assert sorted(some["index"]) == list(range(20))


def test_positions_as_bytes(ranking: Client) -> None:
    response = ranking.post(INFER, json=body(parameters={"top_k": 3, "binary_data_output": True}))
    tail = response.content[int(response.headers[HEADER_LENGTH]) :]
    positions = np.frombuffer(tail[-24:], "<i8")
    np.testing.assert_array_equal(positions, outputs(ranking, parameters={"top_k": 3})["index"])


def test_without_a_utility_there_is_nothing_to_rank_by(client: Client) -> None:
    assert_problem(client.post(INFER, json=body(parameters={"top_k": 3})), 422, "no-utility")
