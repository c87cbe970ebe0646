"""Two processes by torchrun learn what one does, leave the same artifact, and end together."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file

from models.checkpoint import load_checkpoint
from models.manifest import read_manifest
from service.app import create_app
from service.settings import Settings
from tests.service.client import Client
from tests.test_train_serve import part_of
from tests.training.distributed.broken import MESSAGE
from tests.training.distributed.processes import BROKEN, needs_torchrec, trained, version_of, written

pytestmark = needs_torchrec
CLOSE = 1e-5
"""Sums in another order; after 24 steps they differ by a few units of float32's last digit."""
EVERY = {"resume": {"every_steps": 5}}


@pytest.fixture(scope="module")
def config(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("config") / "small.toml", world, **EVERY)


@pytest.fixture(scope="module")
def one(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The version that one process writes."""
    return version_of(trained(0, config, tmp_path_factory.mktemp("one")))


@pytest.fixture(scope="module")
def two(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The version that two processes write."""
    return version_of(trained(2, config, tmp_path_factory.mktemp("two")))


def history(version: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((version / "metrics.json").read_text(encoding="utf-8"))["history"]
    return found


def test_the_loss_curve_is_that_of_one_process_with_the_same_global_batch(one: Path, two: Path) -> None:
    alone, together = history(one), history(two)
    assert len(together["readings"]) == len(alone["readings"]) == 24
    assert together["num_rows"] == alone["num_rows"] == 12_000
    for name in ("losses", "weights", "sigmas", "label_shares", "learning_rates"):
        for theirs, ours in zip(together["readings"], alone["readings"], strict=True):
            assert theirs[name] == pytest.approx(ours[name], rel=CLOSE), name
    for theirs, ours in zip(together["validations"], alone["validations"], strict=True):
        assert theirs["losses"] == pytest.approx(ours["losses"], rel=CLOSE)
    first, last = (alone["readings"][n]["losses"]["click"] for n in (0, -1))
    assert abs(first - last) > 100 * CLOSE, "a loss that stays where it is would prove nothing"


def test_a_table_in_two_shards_is_saved_as_the_same_artifact(one: Path, two: Path) -> None:
    files = [{str(file.relative_to(version)) for file in version.rglob("*")} for version in (one, two)]
    assert files[0] == files[1]
    alone, together = (load_file(version / "weights.safetensors") for version in (one, two))
    assert {name: each.shape for name, each in together.items()} == {name: each.shape for name, each in alone.items()}
    for name, weights in alone.items():
        np.testing.assert_allclose(together[name], weights, atol=CLOSE, err_msg=name)
    assert (together["embeddings.table"][0] == 0).all(), "padding stays zero"
    manifests = [read_manifest(version) for version in (one, two)]
    assert manifests[0].model == manifests[1].model
    assert manifests[0].schema_fingerprint == manifests[1].schema_fingerprint
    for vocabulary in ("encoder/vocabularies.json", "encoder/numerics.json"):
        assert manifests[0].files[vocabulary] == manifests[1].files[vocabulary]


def test_what_two_processes_trained_serves_the_same_answers(one: Path, two: Path, world: Path) -> None:
    body = {"instances": [part_of(row, "context", "candidate") for row in _rows(world)]}
    answers = []
    for version in (one, two):
        load_checkpoint(version)
        with Client(create_app(Settings(checkpoint=version))) as client:
            answers.append(client.predict(body).json()["predictions"])
    for theirs, ours in zip(answers[1], answers[0], strict=True):
        assert theirs == pytest.approx(ours, rel=1e-4)
    assert len({row["click"] for row in answers[1]}) > 10, "a constant would prove nothing"


def _rows(world: Path) -> list[dict[str, Any]]:
    import pyarrow.dataset as ds

    found: list[dict[str, Any]] = ds.dataset(world, partitioning="hive").head(50).to_pylist()
    return found


def test_an_error_in_one_process_ends_all_of_them_with_its_message(config: Path, tmp_path: Path) -> None:
    ended = trained(2, config, tmp_path / "none", BROKEN, BROKEN="1:3:raises", THREEFOLD_STATE=str(tmp_path / "state"))
    assert ended.returncode != 0
    assert f"error: {MESSAGE}" in ended.stderr
    assert not list((tmp_path / "none").glob("2*")), "no version is written"


def test_a_killed_training_goes_on_to_the_same_weights_bit_for_bit(config: Path, two: Path, tmp_path: Path) -> None:
    state = {"THREEFOLD_STATE": str(tmp_path / "state")}
    killed = trained(2, config, tmp_path / "none", BROKEN, BROKEN="1:13:killed", **state)
    assert killed.returncode != 0
    assert [folder.name for folder in tmp_path.glob("state/*/state-*")] == ["state-000000000010"]
    again = trained(2, config, tmp_path / "versions", **state)
    version = version_of(again)
    assert "resumed at step 10 of 24, written by 2 process(es)" in again.stderr
    undisturbed, resumed = (load_file(folder / "weights.safetensors") for folder in (two, version))
    for name, weights in undisturbed.items():
        assert (resumed[name] == weights).all(), name
    assert not list(tmp_path.glob("state/*/state-*")), "a finished training leaves no states"


@pytest.mark.slow
@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 2)])
def test_more_or_fewer_processes_go_on_with_a_state(
    before: int, after: int, config: Path, two: Path, tmp_path: Path
) -> None:
    state = {"THREEFOLD_STATE": str(tmp_path / "state")}
    trained(before, config, tmp_path / "none", BROKEN, BROKEN="0:13:killed", **state)
    again = trained(after, config, tmp_path / "versions", **state)
    version = version_of(again)
    assert f"resumed at step 10 of 24, written by {before} process(es)" in again.stderr
    undisturbed, resumed = (load_file(folder / "weights.safetensors") for folder in (two, version))
    for name, weights in undisturbed.items():
        np.testing.assert_allclose(resumed[name], weights, atol=CLOSE, err_msg=name)
