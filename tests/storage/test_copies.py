"""Fetched versions: those used last stay, and a service that follows a channel for years fills no disk."""

import os
import shutil
import time
from pathlib import Path

import pytest
import torch

from models.checkpoint import load_checkpoint
from models.storage.copies import KEPT
from models.storage.fetch import fetched
from models.storage.publish import published
from tests.models.test_checkpoint import save
from tests.models.tiny import predictor

HOUR_S = 3600.0


@pytest.fixture
def places(memory: str, tmp_path: Path) -> list[str]:
    """URLs of more versions than are kept."""
    found = []
    for seed in range(KEPT + 2):
        torch.manual_seed(seed)
        found.append(published(save(tmp_path / "made", predictor()), memory))
    return found


def fetched_at(place: str, second: int) -> Path:
    copy = fetched(place)
    os.utime(copy, (second, second))
    return copy


def test_the_copies_used_last_stay(places: list[str], local: Path) -> None:
    copies = [fetched_at(place, second) for second, place in enumerate(places[:KEPT])]
    assert sorted(local.iterdir()) == sorted(copies)
    fetched_at(places[0], KEPT)
    newest = fetched_at(places[KEPT], KEPT + 1)
    assert sorted(local.iterdir()) == sorted({*copies[:1], *copies[2:], newest})
    assert fetched(places[1]) == copies[1], "it is fetched again where it is wanted again"
    assert len(list(local.iterdir())) == KEPT


def test_what_is_no_copy_is_left_alone(places: list[str], local: Path) -> None:
    (local / "trained" / "version").mkdir(parents=True)
    (local / "notes.0123456789abcdef").touch()
    (local / ".trained.0123456789abcdef").mkdir()
    for place in places:
        fetched(place)
    assert {"trained", "notes.0123456789abcdef", ".trained.0123456789abcdef"} < {each.name for each in local.iterdir()}
    assert len(list(local.iterdir())) == KEPT + 3


def test_what_a_killed_process_left_goes_and_what_is_being_written_stays(places: list[str], local: Path) -> None:
    abandoned, written = local / ".a.0123.partial", local / ".b.0123.partial"
    for partial in (abandoned, written):
        (partial / "encoder").mkdir(parents=True)
        (partial / "encoder" / "file").touch()
        for each in (partial / "encoder", partial):
            os.utime(each, (time.time() - 2 * HOUR_S,) * 2)
    os.utime(abandoned / "encoder" / "file", (time.time() - 2 * HOUR_S,) * 2)
    fetched(places[0])
    assert written.is_dir()
    assert not abandoned.exists()


def test_a_version_whose_copy_is_removed_goes_on(places: list[str], local: Path) -> None:
    """Its table is a mapped file."""
    served, _ = load_checkpoint(places[0])
    before = {name: tensor.clone() for name, tensor in served.network.state_dict().items()}
    shutil.rmtree(local)
    assert all(tensor.equal(before[name]) for name, tensor in served.network.state_dict().items())
