"""Telemetry: its numbers are what they say, and looking changes nothing."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from models.mlp import Activation
from models.network import Network
from tests.training.worlds import silent, small_config
from training.data.batches import BatchStream, TrainingBatch, sampled
from training.objective import Objective
from training.observers import Observers
from training.optimizers import SubnetOptimizers
from training.pipeline import Prepared, prepare
from training.telemetry.between_tasks import DECAY, BetweenTasks, Gramian, Pooled, gramian
from training.telemetry.gradients import gradient_norms
from training.telemetry.updates import Updates
from training.trainer import Trainer

SUBNETS = {"embeddings", "shared", "heads.click", "heads.dwell", "heads.conversion", "weighting"}


@pytest.fixture(scope="module")
def prepared(world: Path) -> Prepared:
    return prepare(small_config(world), silent())


def trainer(prepared: Prepared, **training: Any) -> Trainer:
    config = small_config(prepared.config.data.path, **training)
    torch.manual_seed(0)
    network = Network(config.model_part(), prepared.data.encoder, prepared.data.statistics)
    window = prepared.windows.train
    stream = BatchStream(prepared.log.train, batch_size=512, shuffle_rows=10_000, seed=config.training.seed)
    validation = sampled(prepared.reader, prepared.data.encoder, prepared.windows.validation, 1_000)
    return Trainer(config.training, network, stream, validation, window.num_rows, Observers([]))


def batches(of: Trainer) -> Iterator[TrainingBatch]:
    epoch = 0
    while True:
        yield from of.stream.epoch(epoch)
        epoch += 1


def make_steps(of: Trainer, num_steps: int) -> None:
    stream = batches(of)
    for _ in range(num_steps):
        of.step(next(stream))


def objective(common: Tensor, **losses: Tensor) -> Objective:
    return Objective(losses, common, cast(Network, None))


def compared(common: Tensor, weights: dict[str, float] | None = None, **losses: Tensor) -> BetweenTasks:
    found = gramian(objective(common, **losses))
    assert found is not None
    return Pooled().compared(found, weights or {})


def _flat(module: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(module.parameters()).detach()


class TestBetweenTasks:
    def test_identical_tasks_have_a_cosine_of_1_and_opposite_ones_of_minus_1(self) -> None:
        common = torch.randn(8, 3, requires_grad=True)
        loss = (common.sin() * torch.randn(8, 3)).sum()
        found = compared(common, click=loss, same=loss * 1.0, opposite=-3 * loss)
        assert found.cosines["click / same"] == pytest.approx(1)
        assert found.cosines["click / opposite"] == pytest.approx(-1)
        assert found.norm_ratios["click / opposite"] == pytest.approx(1 / 3)

    def test_tasks_on_different_rows_do_not_meet(self) -> None:
        common = torch.randn(8, 3, requires_grad=True)
        found = compared(common, click=common[:4].square().sum(), dwell=common[4:].square().sum())
        assert found.cosines == {"click / dwell": 0.0}

    def test_shares_and_ratios_are_of_the_weighted_gradients_and_cosines_of_any(self) -> None:
        common = torch.zeros(4, 4, requires_grad=True)
        a, b = 3 * common[0, 0] + 4 * common[1, 1], 4 * common[0, 0] + 3 * common[1, 1]
        found = compared(common, {"a": 2.0, "b": 0.5}, a=a, b=b)
        assert found.shares == pytest.approx({"a": 10 / 12.5, "b": 2.5 / 12.5})
        assert found.norm_ratios == pytest.approx({"a / b": 4.0})
        assert found.cosines == pytest.approx({"a / b": 24 / 25})

    def test_a_task_that_does_not_reach_the_trunk_pulls_nothing_and_has_no_direction(self) -> None:
        common, alone = torch.ones(2, 2, requires_grad=True), torch.ones((), requires_grad=True)
        found = compared(common, click=common.sum(), dwell=alone * 2)
        assert found.shares == {"click": 1.0, "dwell": 0.0}
        assert found.cosines == found.norm_ratios == {}

    def test_readings_are_pooled_as_if_their_rows_were_one_batch_in_which_old_rows_count_less(self) -> None:
        first, second = torch.randn(2, 2, 30, dtype=torch.float64).unbind()  # each [tasks, values]
        pooled = Pooled()
        for rows in (first, second):
            found = pooled.compared(Gramian(("a", "b"), rows @ rows.T), {})
        a, b = torch.cat([DECAY**0.5 * first, second], dim=1)
        assert found.cosines["a / b"] == pytest.approx(float(a @ b / a.norm() / b.norm()))
        assert found.norm_ratios["a / b"] == pytest.approx(float(a.norm() / b.norm()))
        assert found.shares["a"] == pytest.approx(float(a.norm() / (a.norm() + b.norm())))

    def test_a_task_that_was_away_for_a_while_is_compared_by_the_readings_that_it_was_in(self) -> None:
        rows = torch.tensor([[3.0, 4.0], [6.0, 8.0], [-8.0, 6.0]])
        products, pooled = rows @ rows.T, Pooled()
        pooled.compared(Gramian(("a", "b", "c"), products), {})
        pooled.compared(Gramian(("a", "c"), products[[0, 2]][:, [0, 2]]), {})
        found = pooled.compared(Gramian(("a", "b", "c"), products), {})
        assert found.cosines == pytest.approx({"a / b": 1.0, "a / c": 0.0, "b / c": 0.0})
        assert found.shares == pytest.approx({"a": 0.2, "b": 0.4, "c": 0.4})

    def test_a_task_without_a_row_leaves_a_gap(self) -> None:
        common = torch.ones(2, 2, requires_grad=True)
        assert gramian(objective(common, click=common.sum())) is None
        assert gramian(objective(common)) is None

    def test_the_graph_survives_and_no_gradient_is_left_behind(self) -> None:
        weight = torch.ones(2, 2, requires_grad=True)
        common = weight.exp()
        losses = {"click": common.square().sum(), "dwell": common.sum()}
        compared(common, **losses)
        assert weight.grad is None
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        assert weight.grad is not None


class TestGradientNorms:
    def optimizers(self) -> tuple[SubnetOptimizers, nn.Embedding, nn.Linear]:
        table, dense = nn.Embedding(6, 2, sparse=True), nn.Linear(2, 3)
        return SubnetOptimizers({"embeddings": table, "shared": dense}, {}, 10), table, dense

    def test_they_are_those_computed_by_hand_and_a_repeated_row_counts_with_its_sum(self) -> None:
        optimizers, table, dense = self.optimizers()
        ids = torch.tensor([1, 4, 1, 1, 0])
        dense(table(ids)).square().sum().backward()
        error = 2 * (table.weight[ids] @ dense.weight.T + dense.bias)  # d loss / d output, [5, 3]
        by_row = torch.zeros(6, 2).index_add(0, ids, error @ dense.weight)
        by_hand = {
            "embeddings": by_row.square().sum().sqrt(),
            "shared": torch.cat([(error.T @ table.weight[ids]).flatten(), error.sum(dim=0)]).norm(),
        }
        found = gradient_norms(optimizers)
        assert {name: float(norm) for name, norm in found.items()} == pytest.approx(
            {name: norm.item() for name, norm in by_hand.items()}, rel=1e-5
        )

    def test_a_subnet_without_a_gradient_is_left_out(self) -> None:
        optimizers, _, dense = self.optimizers()
        dense(torch.ones(1, 2)).sum().backward()
        assert set(gradient_norms(optimizers)) == {"shared"}


class TestUpdateRatios:
    def test_they_are_those_of_all_touched_weights(self) -> None:
        optimizers, table, dense = TestGradientNorms().optimizers()
        ids = torch.tensor([1, 4, 1])
        before_table, before_dense = table.weight.detach().clone(), _flat(dense)
        dense(table(ids)).square().sum().backward()
        updates = Updates(optimizers)
        updates.remember()
        optimizers.step()
        found = {name: float(ratio) for name, ratio in updates.ratios().items()}
        moved = table.weight.detach() - before_table
        touched = [1, 4]
        after_dense = _flat(dense)
        assert found == pytest.approx(
            {
                "embeddings": float(moved.norm() / before_table[touched].norm()),
                "shared": float((after_dense - before_dense).norm() / before_dense.norm()),
            }
        )
        assert found["shared"] == pytest.approx(1e-3 * math.sqrt(9) / float(before_dense.norm()), rel=1e-2)

    def test_nothing_is_remembered_after_it_was_told(self) -> None:
        optimizers, _, dense = TestGradientNorms().optimizers()
        dense(torch.ones(1, 2)).sum().backward()
        updates = Updates(optimizers)
        updates.remember()
        assert set(updates.ratios()) == {"shared"}
        assert updates.ratios() == {}


class TestInTraining:
    def test_a_reading_holds_every_subnet_and_every_pair(self, prepared: Prepared) -> None:
        of = trainer(prepared, telemetry_every=10)
        make_steps(of, 31)
        assert [reading.step for reading in of.history.readings] == [1, 11, 21, 31]
        for reading in of.history.readings:
            assert set(reading.gradient_norms) == set(reading.update_ratios) == SUBNETS
            assert reading.label_shares["click"] == 1 > reading.label_shares["dwell"] > 0
            assert set(reading.pull_shares) == {"click", "dwell", "conversion"}
            assert sum(reading.pull_shares.values()) == pytest.approx(1)
            assert set(reading.cosines) == {"click / dwell", "click / conversion", "dwell / conversion"}
            assert set(reading.norm_ratios) == set(reading.cosines)
            assert all(-1 <= cosine <= 1 for cosine in reading.cosines.values())
        json.dumps(of.history.to_json(), allow_nan=False)

    def test_a_frozen_subnet_has_an_update_ratio_of_0_and_no_alarm(self, prepared: Prepared) -> None:
        frozen = {"shared": {"kind": "adamw", "learning_rate": 0.0}}
        of = trainer(prepared, telemetry_every=2, optimizers=frozen)
        make_steps(of, 30)
        for reading in of.history.readings:
            assert reading.update_ratios["shared"] == 0
            assert reading.gradient_norms["shared"] > 0
            assert reading.update_ratios["heads.click"] > 0
        assert of.history.alarms == []

    @pytest.mark.parametrize("kind", ["uncertainty", "fixed", "gradnorm", "famo", "gradients"])
    def test_a_run_is_bit_for_bit_the_same_however_often_it_is_looked_at(self, prepared: Prepared, kind: str) -> None:
        always, never = (trainer(prepared, telemetry_every=every, weighting={"kind": kind}) for every in (1, 1_000_000))
        for of in (always, never):
            torch.manual_seed(1)
            make_steps(of, 25)
        assert len(always.history.readings) == 25
        for name, value in never.network.state_dict().items():
            assert torch.equal(value, always.network.state_dict()[name]), name
        assert never.weighting.weights() == always.weighting.weights()

    def test_no_hook_is_left_and_nothing_is_looked_at_between_readings(self, prepared: Prepared) -> None:
        of = trainer(prepared, telemetry_every=10)
        looked: list[int] = []
        inner = of.telemetry.before_backward
        of.telemetry.before_backward = lambda objective: (  # type: ignore[method-assign]
            looked.append(of.history.num_steps),
            inner(objective),
        )[1]
        make_steps(of, 25)
        assert looked == [0, 10, 20]
        hidden = [module for module in of.network.modules() if isinstance(module, Activation)]
        assert hidden
        assert not any(module._forward_hooks for module in hidden)

    def test_the_last_stretch_has_losses_and_nothing_that_no_step_was_watched_for(self, prepared: Prepared) -> None:
        of = trainer(prepared, max_steps=15, telemetry_every=10)
        last = of.train().readings[-1]
        assert last.step == 15
        assert set(last.losses) == {"click", "dwell", "conversion"}
        assert last.gradient_norms == last.update_ratios == last.cosines == last.dead_unit_shares == {}

    def test_a_batch_in_which_one_task_has_a_label_has_no_pair(self, prepared: Prepared) -> None:
        of = trainer(prepared, telemetry_every=1)
        batch = next(batches(of))
        for name in ("dwell", "conversion"):
            batch.labels[name].fill_(torch.nan)
        of.step(batch)
        reading = of.history.readings[-1]
        assert reading.pull_shares == reading.cosines == reading.norm_ratios == {}
        assert "heads.click" in reading.gradient_norms
        assert "heads.dwell" not in reading.gradient_norms
