"""Loaded weights: the table is its file, and nobody who writes to it changes the file or another's copy."""

import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from models.checkpoint import WEIGHTS, load_checkpoint
from models.checksums import sha256
from models.errors import CheckpointError
from models.manifest import read_manifest
from models.weights import _PIECE, is_finite, loaded_network
from tests.models.test_checkpoint import save
from tests.models.tiny import predictor


@pytest.fixture
def version(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    return save(tmp_path, predictor())


def is_mapped(tensor: Tensor, file: Path) -> bool:
    """Whether the tensor's memory is the file's, by the kernel's list of mappings."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        first, last = (int(end, 16) for end in line.split()[0].split("-"))
        if first <= tensor.data_ptr() < last:
            return line.endswith(str(file))
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_table_is_mapped_and_all_else_is_copied(version: Path) -> None:
    state = load_checkpoint(version)[0].network.state_dict()
    assert [name for name, tensor in state.items() if is_mapped(tensor, version / WEIGHTS)] == ["embeddings.table"]


def test_loaded_weights_can_be_trained_and_the_file_stays(version: Path) -> None:
    before = sha256(version / WEIGHTS)
    one, other = load_checkpoint(version)[0].network, load_checkpoint(version)[0].network
    assert all(parameter.requires_grad and parameter.is_leaf for parameter in one.parameters())
    with torch.no_grad():
        for parameter in one.parameters():
            parameter.add_(1.0)
    held = load_file(version / WEIGHTS)
    for name, tensor in other.state_dict().items():
        assert torch.equal(tensor, held[name]), name
    for name, parameter in one.named_parameters():
        assert torch.equal(parameter, held[name] + 1.0), name
    assert sha256(version / WEIGHTS) == before


def test_weights_outlive_the_name_of_their_file(version: Path) -> None:
    """A version may be removed while it is served."""
    table = load_checkpoint(version)[0].network.embeddings.table
    expected = load_file(version / WEIGHTS)["embeddings.table"].clone()
    (version / WEIGHTS).unlink()
    assert torch.equal(table, expected)


@pytest.mark.parametrize("name", ["embeddings.table", "shared.0"])
def test_weights_of_another_type_are_refused(version: Path, name: str) -> None:
    held = {key: tensor.clone() for key, tensor in load_file(version / WEIGHTS).items()}
    changed = next(key for key in held if key.startswith(name.split(".")[0]) and held[key].is_floating_point())
    save_file(held | {changed: held[changed].half()}, version / WEIGHTS)
    loaded, manifest = predictor(), read_manifest(version)
    with pytest.raises(CheckpointError, match=rf"must fit the network .* {changed} is torch.float16"):
        loaded_network(version / WEIGHTS, manifest.model, loaded.encoder, manifest.statistics)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("place", [0, _PIECE - 1, _PIECE, 2 * _PIECE + 4])
def test_one_number_that_is_not_finite_is_found_in_any_piece(value: float, place: int) -> None:
    numbers = torch.zeros(2 * _PIECE + 5)
    assert is_finite(numbers)
    numbers[place] = value
    assert not is_finite(numbers)


def test_extreme_numbers_whole_numbers_and_no_numbers_are_finite() -> None:
    largest = torch.finfo(torch.float32).max
    assert is_finite(torch.full((7,), largest))
    assert is_finite(torch.tensor([-largest, largest]))
    assert is_finite(torch.tensor(3))
    assert is_finite(torch.zeros(0, 4))
