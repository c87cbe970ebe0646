"""States on disk: whole or ignored, of one training, for one process, and never too many."""

import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from training.best_weights import BestWeights
from training.resume.cadence import Cadence
from training.resume.config import ResumeConfig
from training.resume.lock import LOCK, alone, remove_if_free
from training.resume.pruning import prune
from training.resume.store import StateStore, sha256
from training.resume.tree import join, split

PARTS: dict[str, Any] = {"a": {"tensor": torch.arange(6.0).view(2, 3), "number": 0.1}, "b": [1, None, "text"]}
NUMBERS = st.floats(allow_nan=False) | st.integers() | st.booleans() | st.none() | st.text(max_size=3)
TENSORS = st.sampled_from([torch.float32, torch.float64, torch.int64, torch.uint8, torch.bool, torch.bfloat16]).flatmap(
    lambda dtype: st.lists(st.integers(0, 3), max_size=3).map(lambda shape: torch.ones(shape).to(dtype))
)
TREES = st.recursive(
    NUMBERS | TENSORS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


class Told(list[str]):
    """What a store told."""


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def store(tmp_path: Path, told: Told) -> StateStore:
    return StateStore(tmp_path, "fingerprint", told.append)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@given(TREES)
def test_a_state_is_the_same_after_a_round_trip(tmp_path_factory: pytest.TempPathFactory, tree: Any) -> None:
    plain, tensors = split(tree)
    file = tmp_path_factory.getbasetemp() / "tree.safetensors"
    save_file(tensors, file)
    assert same(join(json.loads(json.dumps(plain)), load_file(file)), tree)


def test_tensors_that_share_memory_are_kept_apart_and_whole_ones_are_not_copied() -> None:
    whole = torch.arange(4.0)
    _, tensors = split({"whole": whole, "first": whole[:2], "column": torch.ones(3, 2)[:, 0]})
    pointers = [each.data_ptr() for each in tensors.values()]
    assert pointers[0] == whole.data_ptr()
    assert len(set(pointers)) == 3
    assert all(each.is_contiguous() for each in tensors.values())


def test_infinity_is_a_number_of_a_state(store: StateStore) -> None:
    store.write({"best": {"score": math.inf}}, {})
    assert store.newest().parts == {"best": {"score": math.inf}}  # type: ignore[union-attr]


def test_the_newest_state_is_read_and_those_before_it_are_gone(store: StateStore, tmp_path: Path) -> None:
    for number in range(3):
        store.write({**PARTS, "number": number}, {})
    found = store.newest()
    assert found is not None
    assert same(found.parts, {**PARTS, "number": 2})
    assert [path.name for path in tmp_path.iterdir()] == ["state-000003"]


@pytest.mark.parametrize("file", ["state.json", "tensors.safetensors"])
@pytest.mark.parametrize("damage", ["shorter", "changed", "gone"])
def test_a_damaged_state_is_ignored_and_the_one_before_it_is_read(
    store: StateStore, tmp_path: Path, told: Told, file: str, damage: str
) -> None:
    store.write({**PARTS, "number": 1}, {})
    shutil.copytree(tmp_path / "state-000001", tmp_path / "before")
    store.write({**PARTS, "number": 2}, {})
    (tmp_path / "before").rename(tmp_path / "state-000001")  # as if the process was killed before it removed it
    path = tmp_path / "state-000002" / file
    held = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    else:
        held[len(held) // 2] ^= 1
        path.write_bytes(held[: len(held) // 2] if damage == "shorter" else held)
    found = store.newest()
    assert found is not None
    assert found.parts["number"] == 1
    assert len(told) == 1
    assert told[0].startswith("a training state was ignored: state-000002")


@pytest.mark.parametrize("byte", range(0, 700, 23))
def test_no_byte_of_a_state_can_change_unseen(store: StateStore, tmp_path: Path, byte: int) -> None:
    store.write(PARTS, {})
    for file in (tmp_path / "state-000001").iterdir():
        held = bytearray(file.read_bytes())
        held[byte % len(held)] ^= 4
        file.write_bytes(held)
        assert store.newest() is None
        held[byte % len(held)] ^= 4
        file.write_bytes(held)
    assert store.newest() is not None


def test_a_state_without_its_best_weights_is_ignored(store: StateStore, tmp_path: Path, told: Told) -> None:
    best = tmp_path / "best.safetensors"
    save_file({"weight": torch.ones(3)}, best)
    store.write(PARTS, {best.name: sha256(best)})
    assert store.newest() is not None
    save_file({"weight": torch.zeros(3)}, best)
    assert store.newest() is None
    assert "another checksum of best.safetensors" in told[0]


def test_a_state_of_another_training_is_never_read(store: StateStore, tmp_path: Path, told: Told) -> None:
    store.write(PARTS, {})
    assert StateStore(tmp_path, "another", told.append).newest() is None
    assert "is of another configuration, log or version" in told[0]


def test_what_a_killed_writer_left_is_removed(tmp_path: Path, told: Told) -> None:
    (tmp_path / ".state-000001.abc.partial").mkdir()
    (tmp_path / ".state-000001.abc.partial" / "tensors.safetensors").touch()
    (tmp_path / ".best-000000000001.safetensors.abc.partial").touch()
    store = StateStore(tmp_path, "fingerprint", told.append)
    assert store.newest() is None
    assert not [*tmp_path.iterdir(), *told]


class TestBestWeights:
    @pytest.fixture
    def network(self) -> torch.nn.Linear:
        return torch.nn.Linear(2, 1)

    @staticmethod
    def kept_at(step: int, network: torch.nn.Linear, best: BestWeights) -> None:
        torch.nn.init.constant_(network.weight, step)
        best.keep(step)

    @staticmethod
    def steps(folder: Path) -> list[int]:
        return sorted(int(path.stem.removeprefix("best-")) for path in folder.iterdir())

    def test_what_a_state_refers_to_stays_until_another_state_refers_to_what_is_newer(
        self, network: torch.nn.Linear, tmp_path: Path
    ) -> None:
        best = BestWeights(network, tmp_path)  # type: ignore[arg-type]
        assert best.files() == {}
        self.kept_at(1, network, best)
        self.kept_at(2, network, best)
        assert self.steps(tmp_path) == [2]
        best.spare()
        self.kept_at(3, network, best)
        self.kept_at(4, network, best)
        assert self.steps(tmp_path) == [2, 4]
        best.spare()
        assert self.steps(tmp_path) == [4]
        (name,) = best.files()
        assert best.files() == {name: sha256(tmp_path / name)}

    def test_a_restarted_run_has_those_of_its_state_and_no_later_ones(
        self, network: torch.nn.Linear, tmp_path: Path
    ) -> None:
        killed = BestWeights(network, tmp_path)  # type: ignore[arg-type]
        self.kept_at(1, network, killed)
        state = killed.state()
        killed.spare()
        self.kept_at(2, network, killed)
        best = BestWeights(network, tmp_path)  # type: ignore[arg-type]
        best.restore(state)
        assert self.steps(tmp_path) == [1]
        best.put_back()
        assert network.weight.tolist() == [[1.0, 1.0]]


class TestLock:
    CODE = """
import sys
from pathlib import Path
from training.resume.lock import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""

    @pytest.fixture
    def holder(self, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
        """Another process that holds the folder until its input ends."""
        command = [sys.executable, "-c", self.CODE, str(tmp_path / "held")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process

    def test_a_second_process_is_refused_until_the_first_is_killed(
        self, holder: subprocess.Popen[str], tmp_path: Path
    ) -> None:
        with pytest.raises(BlockingIOError), alone(tmp_path / "held"):
            pass
        assert not remove_if_free(tmp_path / "held")
        holder.kill()
        holder.wait()
        with alone(tmp_path / "held"):
            pass
        assert remove_if_free(tmp_path / "held")
        assert not (tmp_path / "held").exists()

    def test_whoever_holds_it_may_remove_it(self, tmp_path: Path) -> None:
        with alone(tmp_path / "held"):
            shutil.rmtree(tmp_path / "held")
            with alone(tmp_path / "held"):  # it is another folder now
                assert (tmp_path / "held" / LOCK).exists()


class TestPruning:
    @pytest.fixture
    def folders(self, tmp_path: Path) -> list[Path]:
        """Three trainings' states of 1,000 bytes each, last changed 1, 2 and 3 days ago."""
        made = []
        for days in (1, 2, 3):
            folder = tmp_path / f"training-{days}"
            folder.mkdir()
            for name in (LOCK, "best.safetensors"):
                (folder / name).write_bytes(bytes(1_000 if name != LOCK else 0))
                at = time.time() - 86_400 * days
                os.utime(folder / name, (at, at))
            made.append(folder)
        return made

    @staticmethod
    def left(folders: list[Path]) -> list[bool]:
        return [folder.exists() for folder in folders]

    def test_old_ones_go(self, folders: list[Path], tmp_path: Path) -> None:
        prune(tmp_path / "own", ResumeConfig(keep_days=2.5))
        assert self.left(folders) == [True, True, False]

    def test_the_oldest_go_where_there_is_no_room(self, folders: list[Path], tmp_path: Path) -> None:
        prune(tmp_path / "own", ResumeConfig(keep_gib=2_500 / 2**30))
        assert self.left(folders) == [True, True, False]

    def test_held_ones_and_ones_own_stay(self, folders: list[Path]) -> None:
        with alone(folders[1]):
            prune(folders[0], ResumeConfig(keep_days=1e-9))
        assert self.left(folders) == [True, True, False]

    def test_folders_that_are_no_states_are_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        prune(tmp_path / "own", ResumeConfig(keep_days=1e-9))
        assert (tmp_path / "other").exists()


class TestCadence:
    """Time is a number that the test sets."""

    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
        now = {"s": 1_000.0}
        monkeypatch.setattr("training.resume.cadence.time.monotonic", lambda: now["s"])
        return now

    def test_every_so_many_minutes(self, clock: dict[str, float]) -> None:
        cadence = Cadence(ResumeConfig(every_minutes=2))
        clock["s"] += 119
        assert not cadence.is_due(1)
        clock["s"] += 1
        assert cadence.is_due(2)
        cadence.wrote(seconds=0.5)
        assert not cadence.is_due(3)

    def test_what_is_slow_to_write_is_written_seldom(self, clock: dict[str, float]) -> None:
        cadence = Cadence(ResumeConfig(every_minutes=2))
        cadence.wrote(seconds=60)
        clock["s"] += 1_199
        assert not cadence.is_due(1)
        clock["s"] += 1
        assert cadence.is_due(2)

    def test_every_so_many_steps_whatever_it_costs(self, clock: dict[str, float]) -> None:
        cadence = Cadence(ResumeConfig(every_steps=3))
        cadence.wrote(seconds=60)
        assert [cadence.is_due(step) for step in range(1, 7)] == [False, False, True, False, False, True]
