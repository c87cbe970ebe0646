"""A training in shards that is over is not made again, and a torn state is passed by; here of one process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torch.distributed as dist

pytest.importorskip("torchrec", reason="several processes train with TorchRec (docs/distributed.md)")

from tests.training.worlds import silent, small_config
from training.distributed.run import run_among
from training.distributed.states import STATE, ShardedStates
from training.distributed.world import World
from training.pipeline import Prepared, fit, prepare

pytestmark = pytest.mark.filterwarnings("ignore")  # TorchRec's and FBGEMM's own
ALONE, CPU = World(0, 1), torch.device("cpu")


@pytest.fixture(scope="module", autouse=True)
def alone() -> Iterator[None]:
    """A world of one process."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def prepared(world: Path) -> Prepared:
    return prepare(small_config(world, max_steps=12, resume={"every_steps": 5}, device="cpu"), silent())


def trained(prepared: Prepared, states: ShardedStates) -> dict[str, torch.Tensor]:
    finished = run_among(ALONE, CPU, prepared, silent(), states=states)
    assert finished is not None
    return finished.trained.predictor.network.state_dict()


def test_a_training_that_is_over_is_not_made_again(prepared: Prepared, tmp_path: Path) -> None:
    told: list[str] = []
    states = ShardedStates(ALONE, tmp_path, "fingerprint", told.append)
    weights = trained(prepared, states)
    expected = fit(prepared, silent()).predictor.network.state_dict()
    torch.testing.assert_close(weights, expected, atol=1e-5, rtol=0)
    (left,) = tmp_path.glob("state-*")
    assert left.name == "state-000000000012-over"
    written = (left / STATE).stat().st_mtime_ns
    again = trained(prepared, states)
    assert all(torch.equal(again[name], each) for name, each in weights.items())
    assert (left / STATE).stat().st_mtime_ns == written, "nothing was trained, so nothing was kept"
    states.clear()
    assert list(tmp_path.iterdir()) == []
    assert told == []


def test_a_torn_state_and_one_of_another_training_are_passed_by(prepared: Prepared, tmp_path: Path) -> None:
    told: list[str] = []
    trained(prepared, ShardedStates(ALONE, tmp_path, "fingerprint", told.append))
    states = ShardedStates(ALONE, tmp_path, "fingerprint", told.append)
    found = states.newest()
    assert found is not None
    assert ShardedStates(ALONE, tmp_path, "another", told.append).newest() is None
    (shard,) = found.folder.glob("*.safetensors")
    shard.write_bytes(shard.read_bytes()[:-1])
    assert states.newest() is None
    (found.folder / STATE).write_text("{", encoding="utf-8")
    assert states.newest() is None
    reasons = ["of another configuration, log or version", f"another size of {shard.name}", "is not readable"]
    assert len(told) == len(reasons)
    assert all(reason in line for reason, line in zip(reasons, told, strict=True)), told
