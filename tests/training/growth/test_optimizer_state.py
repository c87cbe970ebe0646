"""Optimizers go on where the parent's were, row by row."""

from pathlib import Path
from typing import Any

import pytest
import torch

from models.network import Network
from tests.training.growth.logs import days_config, ids
from tests.training.worlds import silent
from training.config import Config
from training.growth.optimizer_state import OptimizerState, load_optimizer_state, optimizer_state
from training.growth.rows import row_map
from training.growth.start import first_network, give_optimizer_state
from training.optimizers import SubnetOptimizers
from training.pipeline import Prepared, prepare, run, run_prepared, save

TABLES: dict[str, dict[str, Any]] = {
    "rowwise_adagrad": {"kind": "rowwise_adagrad", "learning_rate": 0.1},
    "sparse_adam": {"kind": "sparse_adam", "learning_rate": 0.01},
}
BY_ROW = {"rowwise_adagrad": {"sum"}, "sparse_adam": {"exp_avg", "exp_avg_sq"}}


def config(folder: Path, first: int, kind: str, **growth: Any) -> Config:
    return days_config(folder, first, training={"optimizers": {"embeddings": TABLES[kind]}, "growth": growth})


@pytest.fixture(scope="module", params=list(TABLES))
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def version(folder: Path, kind: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(run(config(folder, 0, kind), silent()), tmp_path_factory.mktemp(kind), {})


@pytest.fixture(scope="module")
def grown(folder: Path, kind: str, version: Path) -> Prepared:
    return prepare(config(folder, 2, kind, evict_after="2d"), silent(), version)


def begun(prepared: Prepared) -> tuple[Network, SubnetOptimizers, str]:
    """Network and optimizers before the first step, and what a person is told."""
    assert prepared.parent is not None
    network = first_network(prepared.config.model_part(), prepared.data, prepared.parent)
    optimizers = SubnetOptimizers(network.subnets(), prepared.config.training.optimizers, 100)
    return network, optimizers, give_optimizer_state(prepared.parent, prepared.data, network, optimizers)


def stored(version: Path) -> OptimizerState:
    found = load_optimizer_state(version)
    assert found is not None
    return found


def test_kept_rows_carry_their_state_and_new_ones_have_none(grown: Prepared, version: Path, kind: str) -> None:
    assert grown.parent is not None
    network, optimizers, _ = begun(grown)
    found, before = optimizer_state(network, optimizers), stored(version)
    assert found.kinds == before.kinds
    assert found.values.keys() == before.values.keys()
    rows = row_map(grown.parent.encoder, grown.data.encoder)
    assert "gone" in ids(grown.parent, "user") and "gone" not in ids(grown, "user")  # noqa: PT018
    for name in BY_ROW[kind]:
        old = before.values[f"embeddings/embeddings.table/{name}"]
        new = found.values[f"embeddings/embeddings.table/{name}"]
        assert len(new) == grown.data.encoder.num_rows != len(old)
        assert new[rows.is_new].count_nonzero() == 0
        assert torch.equal(new[~rows.is_new], old[rows.source[~rows.is_new]])
        assert new.count_nonzero() > 0


def test_all_else_is_carried_bit_for_bit(grown: Prepared, version: Path, kind: str) -> None:
    network, optimizers, told = begun(grown)
    assert told == f"optimizers go on from {version.name}"
    found, before = optimizer_state(network, optimizers).values, stored(version).values
    by_row = {f"embeddings/embeddings.table/{name}" for name in BY_ROW[kind]}
    others = found.keys() - by_row
    assert {key.split("/")[0] for key in others} >= {"shared", "heads.click", "heads.dwell"}
    for key in others:
        assert torch.equal(found[key], before[key]), key


def test_rates_and_schedules_start_anew(grown: Prepared, kind: str) -> None:
    _, optimizers, _ = begun(grown)
    assert optimizers.state()["num_made"] == 0
    assert optimizers.learning_rates()["embeddings"] == TABLES[kind]["learning_rate"]


def test_what_is_stored_is_what_the_last_step_left(folder: Path, kind: str, tmp_path: Path) -> None:
    done = run(config(folder, 0, kind), silent())
    version = save(done, tmp_path, {})
    state = done.trained.optimizer_state
    assert state is not None
    assert stored(version).kinds == state.kinds
    for key, value in stored(version).values.items():
        assert torch.equal(value, state.values[key]), key


def test_a_run_goes_on_with_it(grown: Prepared, kind: str) -> None:
    """What the optimizer gathers is more than what it came with, and steps can be taken."""
    _, optimizers, _ = begun(grown)
    came = optimizers.state()["held"]["embeddings"][0]
    left = run_prepared(grown, silent()).trained.optimizer_state
    assert left is not None
    if kind == "rowwise_adagrad":
        assert (left.values["embeddings/embeddings.table/sum"] >= came["sum"]).all()
        assert (left.values["embeddings/embeddings.table/sum"] > came["sum"]).any()
    else:
        assert int(left.values["embeddings/embeddings.table/step"]) > came["step"]


def test_another_kind_of_optimizer_begins_anew_and_says_so(folder: Path, version: Path, kind: str) -> None:
    other = next(name for name in TABLES if name != kind)
    network, optimizers, told = begun(prepare(config(folder, 2, other), silent(), version))
    assert "those of embeddings are of another kind and begin anew" in told
    values = optimizer_state(network, optimizers).values
    assert not [key for key in values if key.startswith("embeddings/")]
    assert [key for key in values if key.startswith("shared/")]


def test_without_a_stored_state_all_begin_anew_and_it_is_said(folder: Path, kind: str, tmp_path: Path) -> None:
    version = save(run(config(folder, 0, kind, keep_optimizer_state=False), silent()), tmp_path, {})
    network, optimizers, told = begun(prepare(config(folder, 2, kind), silent(), version))
    assert f"{version.name} kept no optimizer state" in told
    assert not optimizer_state(network, optimizers).values
