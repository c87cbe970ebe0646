"""What docs/protocol.md and `/openapi.json` show works as it is written."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.service.client import Client
from tests.service.processes import served

PAGE = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")


def test_the_body_sent_by_curl(client: Client) -> None:
    (body,) = re.findall(r"/v2/models/demo/infer -d '(.*?)'\n", PAGE, re.S)
    response = client.post("/v2/models/tiny/infer", content=body)
    assert response.status_code == 200, response.text
    answer = response.json()
    (shown,) = re.findall(r"```json\n(.*?)```", PAGE, re.S)
    expected = json.loads(shown)
    assert list(answer) == ["model_name", "model_version", "outputs", "id"]
    assert answer.keys() == expected.keys()
    assert answer["id"] == expected["id"]
    for found, described in zip(answer["outputs"], expected["outputs"], strict=True):
        assert {**found, "data": None} == {**described, "data": None}
        assert len(found["data"]) == len(described["data"])


def test_the_program_with_tritonclient(checkpoint: Path, tmp_path: Path, client: Client) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    seen: dict[str, Any] = {}
    with served(tmp_path, "--checkpoint", str(checkpoint)) as service:
        here = program.replace("127.0.0.1:8000", service.url.removeprefix("http://")).replace('"demo"', '"tiny"')
        exec(here, seen)
    candidates = [{"item_id": "i1", "price": 3.5}, {"item_id": "i2"}, {"item_id": "i8", "price": 12}]
    answer = client.predict({"context": {"user_id": 7, "history": ["i3", "i9"]}, "candidates": candidates}).json()
    expected = np.array([row["click"] for row in answer["predictions"]], dtype=np.float32)
    np.testing.assert_array_equal(seen["click"], expected)


@pytest.mark.parametrize("path", ["/v2/models/{name}/infer", "/v2/models/{name}/versions/{version}/infer"])
def test_the_example_in_the_description(client: Client, checkpoint: Path, path: str) -> None:
    document = client.get("/openapi.json").json()
    operation = document["paths"][path]["post"]
    body = operation["requestBody"]["content"]["application/json"]["example"]
    shown = operation["responses"]["200"]["content"]["application/json"]["example"]
    response = client.post(path.format(name="tiny", version=checkpoint.name), json=body)
    assert response.json() == shown
    by_predict = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    rows = client.predict(by_predict["candidates"]["value"]).json()["predictions"]
    assert [row["click"] for row in rows] == shown["outputs"][0]["data"]
