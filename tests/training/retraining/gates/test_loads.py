"""A candidate that cannot be loaded is held, and the observation says why."""

from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from models.checkpoint import WEIGHTS
from models.checksums import sha256
from models.manifest import read_manifest, write_manifest
from tests.service.tiny import save_tiny
from training.retraining.gates.loads import loaded


def test_a_whole_version_loads(tmp_path: Path) -> None:
    found, observation = loaded(save_tiny(tmp_path))
    assert found is not None
    assert found[1].name == "tiny"
    assert observation.passed


@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_a_truncated_file_is_held_by_its_name(tmp_path: Path, share: float) -> None:
    version = save_tiny(tmp_path)
    whole = (version / WEIGHTS).read_bytes()
    (version / WEIGHTS).write_bytes(whole[: int(share * len(whole))])
    found, observation = loaded(version)
    assert found is None
    assert not observation.passed
    assert WEIGHTS in observation.reason


def test_weights_that_are_no_numbers_are_held_although_every_checksum_is_right(tmp_path: Path) -> None:
    version = save_tiny(tmp_path)
    weights = load_file(version / WEIGHTS)
    name = max(weights, key=lambda each: weights[each].numel())
    weights[name].view(-1)[3] = float("nan")
    save_file(weights, version / WEIGHTS)
    manifest = read_manifest(version)
    write_manifest(
        version, manifest.model_copy(update={"files": {**manifest.files, WEIGHTS: sha256(version / WEIGHTS)}})
    )
    found, observation = loaded(version)
    assert found is None
    assert "finite" in observation.reason


def test_no_version_is_held(tmp_path: Path) -> None:
    found, observation = loaded(tmp_path)
    assert found is None
    assert not observation.passed
