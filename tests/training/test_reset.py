"""Fresh embeddings for each pass: the table alone, by the seed, and the best weights survive it."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from models.encoder import PADDING
from tests.training.planted_ids import planted_config, write_log
from tests.training.test_telemetry import make_steps, trainer
from tests.training.worlds import silent, small_config
from training.pipeline import Prepared, fit, prepare
from training.reset import reset_embeddings
from training.trainer import Trainer


@pytest.fixture(scope="module")
def prepared(world: Path) -> Prepared:
    return prepare(small_config(world), silent())


def dense(of: Trainer) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in of.network.state_dict().items() if name != "embeddings.table"}


def remembered(of: Trainer, subnet: str) -> list[Tensor]:
    states = of.optimizers.optimizers[subnet].state.values()
    return [value.clone() for state in states for value in state.values() if isinstance(value, Tensor)]


@pytest.mark.parametrize("kind", ["rowwise_adagrad", "sparse_adam"])
def test_only_the_table_and_what_its_optimizer_remembers_are_new(prepared: Prepared, kind: str) -> None:
    of = trainer(prepared, optimizers={"embeddings": {"kind": kind, "learning_rate": 0.01}})
    make_steps(of, 3)
    before, moments = dense(of), remembered(of, "shared")
    trained = of.network.embeddings.table.detach().clone()
    random = torch.get_rng_state()
    assert remembered(of, "embeddings")
    reset_embeddings(of.network, of.optimizers, seed=0, epoch=1)
    assert torch.equal(torch.get_rng_state(), random), "nobody else's random numbers move"
    table = of.network.embeddings.table.detach()
    assert not bool((table[1:] == trained[1:]).all(dim=1).any()), "every row is new"
    assert not table[PADDING].any()
    assert remembered(of, "embeddings") == []
    assert all(torch.equal(now, before[name]) for name, now in dense(of).items())
    assert all(torch.equal(a, b) for a, b in zip(remembered(of, "shared"), moments, strict=True))
    make_steps(of, 1)
    assert not of.network.embeddings.table[PADDING].any()


def test_rows_are_drawn_as_at_first_by_seed_and_epoch(prepared: Prepared) -> None:
    of = trainer(prepared)

    def table(seed: int, epoch: int) -> Tensor:
        reset_embeddings(of.network, of.optimizers, seed, epoch)
        return of.network.embeddings.table.detach().clone()

    assert torch.equal(table(0, 1), table(0, 1))
    assert not torch.equal(table(0, 1), table(0, 2))
    assert not torch.equal(table(0, 1), table(1, 1))
    assert float(table(0, 1)[1:].std()) == pytest.approx(of.network.embeddings.initial_std, rel=0.05)


@pytest.mark.parametrize("seed", [0, 1])
def test_later_passes_help_where_they_would_have_collapsed(tmp_path: Path, seed: int) -> None:
    log = write_log(tmp_path / "log", seed)
    best: dict[str, float] = {}
    for mode in ("never", "each_epoch"):
        history = fit(prepare(planted_config(log, seed=seed, reset_embeddings=mode), silent()), silent()).history
        assert [alarm.kind for alarm in history.alarms].count("one_epoch") == (mode == "never")
        best[mode] = min(looked.score for looked in history.validations)
        if mode == "each_epoch":
            looked = {validation.step for validation in history.validations}
            assert looked >= set(history.epoch_ends), "a table is looked at before it is drawn anew"
    assert best["each_epoch"] < best["never"]


def test_patience_lets_a_pass_relearn_its_table(prepared: Prepared) -> None:
    config: dict[str, Any] = {"max_epochs": 3, "validations_per_epoch": 6, "patience": 2, "batch_size": 512}
    frozen = {name: {"kind": "adamw", "learning_rate": 0.0} for name in ("shared", "heads.*", "weighting")}
    frozen["embeddings"] = {"kind": "rowwise_adagrad", "learning_rate": 0.0}
    of = trainer(prepared, **config, optimizers=frozen, reset_embeddings="each_epoch")
    history = of.train()
    assert history.stopped_because == "no new best in 2 validations"
    assert history.num_steps == history.epoch_ends[0], "patience was at its end long before, and waited for the pass"


def test_the_same_seed_gives_the_same_model(prepared: Prepared) -> None:
    runs = []
    for _ in range(2):
        of = trainer(prepared, max_epochs=2, batch_size=512, reset_embeddings="each_epoch")
        of.train()
        runs.append({name: value.clone() for name, value in of.network.state_dict().items()})
    assert all(torch.equal(runs[0][name], runs[1][name]) for name in runs[0])
