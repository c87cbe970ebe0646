"""What runs the model and how precisely: asked for at start, refused where it was not checked, told by GET /model."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from models.errors import CheckpointError
from models.manifest import read_manifest, write_manifest
from models.verdicts import Judged, Verdict
from service.app import create_app
from service.engine import Engine
from service.settings import Settings
from tests.service.client import Client
from tests.service.tiny import save_tiny


def checked(folder: Path, *, passed: bool) -> Path:
    """A checkpoint of which the check said so of int8, and which holds no graphs."""
    version = save_tiny(folder)
    judged = Judged(measure="auc", exact=0.7, reduced=0.7 if passed else 0.6, worse_by=0 if passed else 0.1, limit=0.01)
    verdict = Verdict(passed=passed, reason="as planted", num_rows=9, tasks={"click": (judged,)})
    write_manifest(version, read_manifest(version).model_copy(update={"precisions": {"int8": verdict}}))
    return version


def test_a_checkpoint_without_graphs_is_served_by_torch(client: Client) -> None:
    inference = client.get("/model").json()["inference"]
    assert (inference["engine"], inference["precision"], inference["checked"]) == ("torch", "float32", {})
    assert "onnxruntime in float32: the checkpoint holds no inference/" in inference["passed_over"][0]


@pytest.mark.parametrize(("passed", "reason"), [(False, "did not pass: as planted"), (None, "was not checked")])
def test_a_precision_that_did_not_pass_refuses_the_start(tmp_path: Path, passed: bool | None, reason: str) -> None:
    version = save_tiny(tmp_path) if passed is None else checked(tmp_path, passed=passed)
    with pytest.raises(CheckpointError, match=reason):
        Engine.load(Settings(checkpoint=version, precision="int8"))


def test_what_was_asked_for_and_cannot_run_is_visible(tmp_path: Path) -> None:
    with Client(create_app(Settings(checkpoint=checked(tmp_path, passed=True), precision="auto"))) as client:
        inference = client.get("/model").json()["inference"]
    assert (inference["engine"], inference["precision"]) == ("torch", "float32")
    assert "onnxruntime in int8" in inference["passed_over"][0]
    assert inference["checked"]["int8"]["tasks"]["click"][0]["measure"] == "auc"


def test_torch_may_be_asked_for(fresh: Callable[..., Client]) -> None:
    assert fresh(engine="torch").get("/model").json()["inference"]["passed_over"] == []


def test_a_manifest_of_before_the_check_is_read(tmp_path: Path) -> None:
    version = save_tiny(tmp_path)
    manifest = read_manifest(version)
    raw = json.loads((version / "manifest.json").read_text(encoding="utf-8"))
    assert raw.pop("precisions") == {}
    assert type(manifest).model_validate({name: value for name, value in raw.items() if name != "digest"}) == manifest
