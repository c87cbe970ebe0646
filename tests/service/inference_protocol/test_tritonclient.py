"""`tritonclient.http`, as it is, against a real process: what it says is what `/predict` says, bit for bit."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from tests.service.inference_protocol.rows import Body, arrays, random_body
from tests.service.processes import served
from tests.service.tiny import CONFIG, FIELDS

Arrays = dict[str, np.ndarray[Any, Any]]


@pytest.fixture(scope="module")
def url(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("log"), "--checkpoint", str(checkpoint), "--max-rows", "300") as service:
        yield service.url


@pytest.fixture
def client(url: str) -> Iterator[triton.InferenceServerClient]:
    with triton.InferenceServerClient(url.removeprefix("http://"), concurrency=4) as client:
        yield client


def tensors(given: Arrays, *, binary: bool) -> list[triton.InferInput]:
    made = []
    for name, array in given.items():
        tensor = triton.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
        tensor.set_data_from_numpy(array, binary_data=binary)
        made.append(tensor)
    return made


def outputs(*, binary: bool) -> list[triton.InferRequestedOutput]:
    return [wanted(field, binary_data=binary) for field in FIELDS]


def wanted(field: str, **options: Any) -> triton.InferRequestedOutput:
    return triton.InferRequestedOutput(field, **options)


def infer(
    client: triton.InferenceServerClient, given: Arrays, model: str = "tiny", **options: Any
) -> triton.InferResult:
    return client.infer(model, tensors(given, binary=True), **options)


def values(result: triton.InferResult) -> np.ndarray[Any, Any]:
    return np.stack([result.as_numpy(field) for field in FIELDS], axis=1)


def predicted(url: str, body: Body) -> np.ndarray[Any, Any]:
    response = httpx.post(f"{url}/predict", json=body)
    assert response.status_code == 200, response.text
    return np.array([[row[field] for field in FIELDS] for row in response.json()["predictions"]], dtype=np.float32)


def test_descriptions(client: triton.InferenceServerClient, checkpoint: Path) -> None:
    version = checkpoint.name
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("tiny")
    assert client.is_model_ready("tiny", version)
    assert not client.is_model_ready("tiny", "7")
    assert not client.is_model_ready("huge")
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    metadata = client.get_model_metadata("tiny", version)
    assert metadata == client.get_model_metadata("tiny")
    assert metadata["versions"] == [version]
    assert [each["name"] for each in metadata["inputs"]] == [feature.name for feature in CONFIG.features]
    assert metadata["outputs"] == [{"name": field, "datatype": "FP32", "shape": [-1]} for field in FIELDS]
    config = client.get_model_config("tiny", version)
    assert [each["dims"] for each in config["input"]] == [each["shape"] for each in metadata["inputs"]]
    assert client.get_model_repository_index() == [{"name": "tiny", "version": version, "state": "READY", "reason": ""}]


@pytest.mark.parametrize("binary_in", [True, False], ids=["binary in", "JSON in"])
@pytest.mark.parametrize("binary_out", [True, False], ids=["binary out", "JSON out"])
@pytest.mark.parametrize("coding", [None, "gzip", "deflate"])
def test_infers_what_predict_answers(
    client: triton.InferenceServerClient, url: str, binary_in: bool, binary_out: bool, coding: str | None
) -> None:
    for seed, num_rows in enumerate((1, 7, 256)):
        body = random_body(seed, num_rows)
        result = client.infer(
            "tiny",
            tensors(arrays(body), binary=binary_in),
            outputs=outputs(binary=binary_out),
            request_id=f"number {seed}",
            request_compression_algorithm=coding,
            response_compression_algorithm=coding,
        )
        assert result.get_response()["id"] == f"number {seed}"
        assert values(result).shape == (num_rows, len(FIELDS))
        np.testing.assert_array_equal(values(result), predicted(url, body))


def test_without_requested_outputs_all_come(client: triton.InferenceServerClient, url: str, checkpoint: Path) -> None:
    body = random_body(5, 3)
    result = infer(client, arrays(body), model_version=checkpoint.name)
    assert [each["name"] for each in result.get_response()["outputs"]] == list(FIELDS)
    assert result.get_response()["model_version"] == checkpoint.name
    np.testing.assert_array_equal(values(result), predicted(url, body))


def test_some_outputs_in_the_order_asked_for_each_in_its_own_way(client: triton.InferenceServerClient) -> None:
    given = arrays(random_body(6, 4))
    mixed = [wanted("conversion", binary_data=False), wanted("click", binary_data=True)]
    result = infer(client, given, outputs=mixed)
    everything = infer(client, given)
    assert [("data" in each) for each in result.get_response()["outputs"]] == [True, False]
    assert [each["name"] for each in result.get_response()["outputs"]] == ["conversion", "click"]
    for name in ("conversion", "click"):
        np.testing.assert_array_equal(result.as_numpy(name), everything.as_numpy(name))


def test_concurrent_requests(client: triton.InferenceServerClient, url: str) -> None:
    bodies = [random_body(seed, 5) for seed in range(8)]
    handles = [client.async_infer("tiny", tensors(arrays(body), binary=True)) for body in bodies]
    for body, handle in zip(bodies, handles, strict=True):
        np.testing.assert_allclose(values(handle.get_result()), predicted(url, body), rtol=1e-5)


def test_a_context_value_a_row_is_what_columns_are(client: triton.InferenceServerClient, url: str) -> None:
    body = random_body(9, 6)
    given = arrays(body)
    spread = {name: np.repeat(array, 6, axis=0) if len(array) == 1 else array for name, array in given.items()}
    rows = [{**body["context"], **candidate} for candidate in body["candidates"]]
    result = infer(client, spread)
    np.testing.assert_array_equal(values(result), predicted(url, {"instances": rows}))
    mixed = spread | {"user_id": given["user_id"], "history": given["history"]}
    np.testing.assert_array_equal(values(infer(client, mixed)), values(result))


GIVEN = {"item_id": np.array(["i1"], dtype=np.object_)}
Call = Callable[[triton.InferenceServerClient], object]
ERRORS: list[tuple[str, str, Call]] = [
    ("404", "one model is served, tiny", lambda client: infer(client, GIVEN, model="huge")),
    ("404", "one model is served, tiny", lambda client: client.get_model_metadata("huge")),
    ("404", "found tiny, version 1", lambda client: infer(client, GIVEN, model_version="1")),
    ("404", "found tiny, version 1", lambda client: client.get_inference_statistics("tiny", "1")),
    ("422", "did you mean 'item_id'", lambda client: infer(client, {"itemid": GIVEN["item_id"]})),
    ("422", "outputs are click", lambda client: infer(client, GIVEN, outputs=[wanted("x")])),
    ("400", "`classification` is not", lambda client: infer(client, GIVEN, outputs=[wanted("click", class_count=2)])),
    ("400", "`sequence_id` is not offered", lambda client: infer(client, GIVEN, sequence_id=3)),
    ("504", "before the deadline", lambda client: infer(client, GIVEN, timeout=1)),
    ("400", "load is not offered", lambda client: client.load_model("tiny")),
    ("400", "unload is not offered", lambda client: client.unload_model("tiny")),
    ("400", "memory of another process", lambda client: client.get_system_shared_memory_status()),
    ("400", "memory of another process", lambda client: client.get_cuda_shared_memory_status("region")),
    ("400", "memory of another process", lambda client: client.register_system_shared_memory("region", "key", 8)),
    ("400", "memory of another process", lambda client: client.unregister_cuda_shared_memory()),
    ("400", "keeps no traces", lambda client: client.get_trace_settings()),
    ("400", "keeps no traces", lambda client: client.update_trace_settings("tiny", {"trace_rate": "1"})),
    ("400", "--log-level", lambda client: client.get_log_settings()),
    ("400", "--log-level", lambda client: client.update_log_settings({"log_info": True})),
]


@pytest.mark.parametrize(("status", "words", "call"), ERRORS)
def test_errors_are_ours_in_words_and_status(
    client: triton.InferenceServerClient, status: str, words: str, call: Call
) -> None:
    with pytest.raises(InferenceServerException) as found:
        call(client)
    assert found.value.status() == status
    assert words in cast(str, found.value.message())


def test_statistics_add_up(client: triton.InferenceServerClient) -> None:
    def read() -> dict[str, Any]:
        (found,) = client.get_inference_statistics("tiny")["model_stats"]
        return cast(dict[str, Any], found)

    before = read()
    for num_rows in (3, 4):
        infer(client, arrays(random_body(1, num_rows)))
    with pytest.raises(InferenceServerException):
        infer(client, {"itemid": np.array([1])})
    after = read()
    assert after["inference_count"] - before["inference_count"] == 7
    assert after["execution_count"] - before["execution_count"] == 2
    assert after["last_inference"] >= before["last_inference"]
    then, now = before["inference_stats"], after["inference_stats"]
    counts = {name: now[name]["count"] - then[name]["count"] for name in now}
    ns = {name: now[name]["ns"] - then[name]["ns"] for name in now}
    assert (counts["success"], counts["fail"]) == (2, 1)
    parts = ("queue", "compute_input", "compute_infer", "compute_output")
    assert [counts[part] for part in parts] == [2] * 4
    assert 0 < sum(ns[part] for part in parts) <= ns["success"]
    assert ns["fail"] > 0
    assert client.get_inference_statistics() == client.get_inference_statistics("tiny", after["version"])
