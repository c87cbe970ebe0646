"""The loop: it stops before a bad step, keeps the best weights, and the same seed gives the same model."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from models.errors import DataError, TrainingError
from models.network import Network
from tests.training.worlds import silent, small_config
from training.config import EvaluationConfig
from training.data.batches import BatchStream, TrainingBatch, sampled
from training.pipeline import Prepared, fit, prepare
from training.progress import Progress
from training.trainer import SMALLEST_FIRST_LOSS, Trainer
from training.validation import Validator


@pytest.fixture(scope="module")
def prepared(world: Path) -> Prepared:
    return prepare(small_config(world), silent())


def trainer(prepared: Prepared, stream: Any = None, **training: Any) -> Trainer:
    config = small_config(prepared.config.data.path, **training)
    torch.manual_seed(0)
    network = Network(config.model_part(), prepared.data.encoder, prepared.data.statistics)
    validation = sampled(prepared.reader, prepared.data.encoder, prepared.windows.validation, 1_000)
    stream = stream or BatchStream(prepared.log.train, batch_size=512, shuffle_rows=10_000, seed=0)
    rows = prepared.windows.train.num_rows
    return Trainer(config.training, network, stream, validation, rows, Progress(silent(), 1))


def weights(network: Network) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


class Stream:
    """Hands out given batches in every epoch."""

    def __init__(self, batches: list[TrainingBatch]) -> None:
        self.batches = batches

    def epoch(self, number: int) -> Iterator[TrainingBatch]:
        return iter(self.batches)


@pytest.mark.parametrize("bad", [float("inf"), float("nan")])
def test_a_loss_that_is_not_finite_stops_the_run_before_any_weight_moves(prepared: Prepared, bad: float) -> None:
    of = trainer(prepared)
    batch = next(of.stream.epoch(0))
    of.step(batch)
    with torch.no_grad():
        of.network.head("dwell").output.bias.fill_(bad)
    before = weights(of.network)
    with pytest.raises(TrainingError, match=r"loss of 'dwell' is (inf|nan) in step 2, with learning rates heads.dwell"):
        of.step(batch)
    after = weights(of.network)
    moved = [name for name in before if not torch.equal(before[name].nan_to_num(), after[name].nan_to_num())]
    assert moved == []


def test_a_batch_in_which_a_task_has_no_label_leaves_its_head_alone(prepared: Prepared) -> None:
    of = trainer(prepared)
    full = next(of.stream.epoch(0))
    of.step(full)
    unlabelled = {**full.labels, "dwell": torch.full_like(full.labels["dwell"], float("nan"))}
    of.optimizers.zero_grad()
    before = weights(of.network.head("dwell"))  # type: ignore[arg-type]
    of.optimizers.optimizers["heads.dwell"].state.clear()
    of.step(TrainingBatch(full.inputs, unlabelled))
    after = weights(of.network.head("dwell"))  # type: ignore[arg-type]
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_the_weights_of_the_best_validation_are_kept(prepared: Prepared) -> None:
    of = trainer(prepared, max_epochs=2, validations_per_epoch=3, patience=100)
    history = of.train()
    best = min(history.validations, key=lambda found: found.score)
    kept = Validator(of.network, of.validator._rows, 512).validate(history)
    assert kept.score == pytest.approx(best.score, rel=1e-6)
    assert [found.is_best for found in history.validations] == [
        found.score == min(earlier.score for earlier in history.validations[: n + 1])
        for n, found in enumerate(history.validations)
    ]


def test_patience_ends_a_run_that_no_longer_improves(prepared: Prepared) -> None:
    rates = {name: {"kind": "adamw", "learning_rate": 0.0} for name in ("shared", "heads.*", "weighting")}
    rates["embeddings"] = {"kind": "rowwise_adagrad", "learning_rate": 0.0}
    of = trainer(prepared, max_epochs=50, validations_per_epoch=4, patience=3, optimizers=rates)
    history = of.train()
    assert len(history.validations) == 4
    assert history.stopped_because == "no new best in 3 validations"


def test_max_steps_ends_a_run(prepared: Prepared) -> None:
    history = trainer(prepared, max_steps=7).train()
    assert history.num_steps == 7
    assert history.stopped_because == "max_steps = 7 reached"
    assert history.validations[-1].step == 7


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(world: Path) -> None:
    runs = []
    for seed in (1, 1, 2):
        prepared = prepare(small_config(world, seed=seed), silent())
        runs.append(weights(fit(prepared, silent()).predictor.network))
    assert all(torch.equal(runs[0][name], runs[1][name]) for name in runs[0])
    assert not torch.equal(runs[0]["embeddings.table"], runs[2]["embeddings.table"])


def test_losses_fall_below_those_of_the_base_rate(prepared: Prepared) -> None:
    history = trainer(prepared, max_epochs=4, patience=100, batch_size=256).train()
    best = min(history.validations, key=lambda found: found.score)
    assert best.losses["click"] < 0.99
    assert best.losses["dwell"] < 0.95


def test_a_gradient_that_is_not_finite_stops_the_run_before_any_weight_moves(prepared: Prepared) -> None:
    of = trainer(prepared)
    batch = next(of.stream.epoch(0))
    of.step(batch)
    of.network.head("dwell").output.weight.register_hook(lambda gradient: gradient * float("nan"))
    before = weights(of.network)
    with pytest.raises(TrainingError, match=r"gradients are finite; those of 'heads.dwell' are not in step 2"):
        of.step(batch)
    assert all(torch.equal(before[name], after) for name, after in weights(of.network).items())


def test_always_predicting_the_base_rate_is_a_validation_loss_of_one(prepared: Prepared) -> None:
    of = trainer(prepared)
    for name in of.network.graph.tasks:
        torch.nn.init.zeros_(of.network.head(name).output.weight)
        torch.nn.init.zeros_(of.network.head(name).output.bias)
    assert of.validator.validate(of.history).losses == pytest.approx(dict.fromkeys(of.network.graph.tasks, 1.0))


def test_a_validation_window_without_any_label_is_refused_before_training(prepared: Prepared) -> None:
    rows = sampled(prepared.reader, prepared.data.encoder, prepared.windows.validation, 100)
    unlabelled = {name: torch.full_like(label, float("nan")) for name, label in rows.labels.items()}
    with pytest.raises(DataError, match="validate on a window whose labels have arrived"):
        Validator(trainer(prepared).network, TrainingBatch(rows.inputs, unlabelled), 512)


def test_a_lucky_first_loss_does_not_start_a_task_with_a_huge_factor(prepared: Prepared) -> None:
    of = trainer(prepared)
    batch = next(of.stream.epoch(0))
    head = of.network.head("dwell")
    torch.nn.init.zeros_(head.output.weight)
    torch.nn.init.zeros_(head.output.bias)
    middle = head.statistics.scale_seconds * math.expm1(head.statistics.log_mean)  # what this head says of every row
    of.step(TrainingBatch(batch.inputs, {**batch.labels, "dwell": torch.full((len(batch),), middle)}))
    assert of.history.readings[0].weights["dwell"] == pytest.approx(1 / (2 * SMALLEST_FIRST_LOSS), rel=0.1)


def test_what_would_stop_the_evaluation_stops_the_run_before_training(world: Path, tmp_path: Path) -> None:
    newest = sorted(world.glob("date=*/*.parquet"))[-1]
    for file in sorted(world.glob("date=*/*.parquet")):
        rows = pq.read_table(file, partitioning=None)
        if file == newest:  # the test window
            position = rows.schema.get_field_index("clicked")
            rows = rows.set_column(position, "clicked", pa.array([2] * len(rows), pa.int8()))
        (tmp_path / file.parent.name).mkdir()
        pq.write_table(rows, tmp_path / file.parent.name / file.name)
    with pytest.raises(DataError, match="a binary label is 0, 1 or null"):
        prepare(small_config(tmp_path), silent())
    config = small_config(world).model_copy(update={"evaluation": EvaluationConfig(group_by="history")})
    with pytest.raises(DataError, match="found lists in history"):
        prepare(config, silent())
