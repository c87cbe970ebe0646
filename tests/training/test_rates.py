"""Lesson 2: a learning rate for each subnet."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from models.errors import ConfigError
from models.network import Network
from tests.training.worlds import silent, small_config
from training.data.batches import BatchStream, TrainingBatch, sampled
from training.pipeline import Prepared, prepare
from training.progress import Progress
from training.trainer import Trainer


@pytest.fixture(scope="module")
def prepared(world: Path) -> Prepared:
    return prepare(small_config(world), silent())


def trainer(prepared: Prepared, **training: Any) -> Trainer:
    config = small_config(prepared.config.data.path, **training)
    torch.manual_seed(config.training.seed)
    network = Network(config.model_part(), prepared.data.encoder, prepared.data.statistics)
    window = prepared.windows.train
    stream = BatchStream(
        prepared.log.train, batch_size=config.training.batch_size, shuffle_rows=10_000, seed=config.training.seed
    )
    validation = sampled(prepared.reader, prepared.data.encoder, prepared.windows.validation, 1_000)
    return Trainer(config.training, network, stream, validation, window.num_rows, Progress(silent(), 1))


def batches(of: Trainer) -> Iterator[TrainingBatch]:
    epoch = 0
    while True:
        yield from of.stream.epoch(epoch)
        epoch += 1


def make_steps(of: Trainer, num_steps: int) -> None:
    stream = batches(of)
    for _ in range(num_steps):
        of.step(next(stream))


RATES = {
    "embeddings": {"kind": "rowwise_adagrad", "learning_rate": 0.1},
    "shared": {"kind": "adamw", "learning_rate": 1e-3},
    "heads.click": {"kind": "adamw", "learning_rate": 1e-3},
    "heads.dwell": {"kind": "adamw", "learning_rate": 1e-3},
    "heads.conversion": {"kind": "adamw", "learning_rate": 1e-3},
    "weighting": {"kind": "adamw", "learning_rate": 1e-2},
}


@pytest.mark.parametrize("frozen", list(RATES))
def test_rate_zero_leaves_a_subnet_bit_identical_while_the_others_move(prepared: Prepared, frozen: str) -> None:
    rates = {**RATES, frozen: {**RATES[frozen], "learning_rate": 0.0}}
    of = trainer(prepared, optimizers=rates, batch_size=256)
    subnets = {**of.network.subnets(), "weighting": of.weighting}
    make_steps(of, 1)  # the weighting starts itself from the first losses
    before = {name: [p.detach().clone() for p in subnet.parameters()] for name, subnet in subnets.items()}
    make_steps(of, 100)
    for name, subnet in subnets.items():
        moved = [not torch.equal(old, new) for old, new in zip(before[name], subnet.parameters(), strict=True)]
        assert not any(moved) if name == frozen else all(moved), name


def test_a_planted_rate_shows_as_dead_units_of_its_head_within_200_steps(prepared: Prepared) -> None:
    rates = {**RATES, "heads.click": {"kind": "adamw", "learning_rate": 100 * 1e-3}}
    of = trainer(prepared, optimizers=rates)
    make_steps(of, 200)
    shares = of.history.readings[-1].dead_unit_shares
    assert shares["heads.click"] > 0.5 > max(shares["heads.dwell"], shares["heads.conversion"])
    raised = [(alarm.subnet, alarm.kind) for alarm in of.history.alarms]
    assert raised == [("heads.click", "too_fast"), ("heads.click", "dead_units")]
    assert all("0.1" in alarm.advice for alarm in of.history.alarms)


@pytest.mark.parametrize("seed", range(3))
def test_healthy_runs_raise_no_alarm(prepared: Prepared, seed: int) -> None:
    of = trainer(prepared, seed=seed)
    make_steps(of, 200)
    assert of.history.alarms == []


def test_every_parameter_is_in_exactly_one_group(prepared: Prepared) -> None:
    of = trainer(prepared)
    grouped = [
        id(p) for optimizer in of.optimizers.optimizers.values() for g in optimizer.param_groups for p in g["params"]
    ]
    every = [id(p) for p in [*of.network.parameters(), *of.weighting.parameters()]]
    assert sorted(grouped) == sorted(every)
    assert set(of.optimizers.learning_rates()) == set(RATES)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"heads.clik": RATES["heads.click"]}, "'heads.clik' matches none of"),
        ({"towers": RATES["shared"]}, "'towers' matches none of"),
        ({"embeddings": RATES["shared"]}, "optimizer of 'embeddings' is rowwise_adagrad or sparse_adam"),
        ({"shared": RATES["embeddings"]}, "optimizer of 'shared' is adamw"),
        ({"heads.*": RATES["shared"], "heads.c*": RATES["shared"]}, "claimed by"),
    ],
)
def test_a_group_that_claims_nothing_or_too_much_is_refused(
    prepared: Prepared, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message.replace("*", r"\*")):
        trainer(prepared, optimizers=settings)


def test_a_group_without_parameters_is_refused(prepared: Prepared) -> None:
    with pytest.raises(ConfigError, match="'weighting' holds none"):
        trainer(prepared, weighting={"kind": "fixed"}, optimizers={"weighting": RATES["weighting"]})


def test_a_name_goes_before_a_pattern(prepared: Prepared) -> None:
    rates = {"heads.*": {"kind": "adamw", "learning_rate": 0.5}, "heads.click": RATES["heads.click"]}
    found = trainer(prepared, optimizers=rates).optimizers.learning_rates()
    assert found["heads.click"] == 1e-3
    assert found["heads.dwell"] == found["heads.conversion"] == 0.5


def test_only_touched_rows_of_the_table_move(prepared: Prepared) -> None:
    of = trainer(prepared)
    batch = next(of.stream.epoch(0))
    before = of.network.embeddings.table.detach().clone()
    of.step(batch)
    touched = torch.cat([batch.inputs.ids.flatten(), *(bag.flatten() for bag in batch.inputs.bags.values())]).unique()
    moved = (before != of.network.embeddings.table).any(dim=1).nonzero().flatten()
    assert set(moved.tolist()) <= set(touched.tolist()) - {0}
    assert len(moved) > 0
