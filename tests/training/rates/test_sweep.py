"""Sweeps on a small simulated log: what they see, and what they leave alone."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from models.errors import ConfigError
from tests.training.worlds import silent, small_config
from training.data.batches import TrainingBatch
from training.pipeline import Prepared, fit, prepare
from training.rates import start as start_module
from training.rates.files import to_json
from training.rates.proposal import is_whole
from training.rates.runs import Runs, at_rate
from training.rates.spans import first_group, rising_rates, within_span
from training.rates.start import Start
from training.rates.sweep import Sweep, Sweeper, Sweeps
from training.schedules import CosineSchedule

SUBNETS = ["embeddings", "shared", "heads.click", "heads.dwell", "heads.conversion", "weighting"]
AUTO = {"kind": "adamw", "learning_rate": "auto"}


@pytest.fixture(scope="module")
def log(world: Path) -> Prepared:
    return prepare(small_config(world), silent())


def configured(log: Prepared, **training: Any) -> Prepared:
    return replace(
        log,
        config=small_config(
            log.config.data.path, **{"max_steps": 47, "batch_size": 128, "validation_rows": 1_000, **training}
        ),
    )


def sweep(log: Prepared, only_automatic: bool = False, **training: Any) -> Sweeps:
    return Sweeper(configured(log, **training), lambda line: None).sweep(only_automatic)


def by_subnet(sweeps: Sweeps) -> Mapping[str, Sweep]:
    return {found.subnet: found for found in sweeps.subnets}


@pytest.fixture(scope="module")
def sweeps(log: Prepared) -> Sweeps:
    return sweep(log)


def test_every_subnet_gets_a_rate_inside_its_span(sweeps: Sweeps) -> None:
    assert [found.subnet for found in sweeps.subnets] == SUBNETS
    for found in sweeps.subnets:
        rate = found.proposal.rate
        assert 0 < rate <= within_span(found.group, rate)
        assert found.proposal.verdict in ("found", "edge", "flat")
        assert len(found.rising) >= 3
        assert [point.rate for point in found.rising] == rising_rates(found.group, 15)[: len(found.rising)]
        assert [point.rate for point in found.staying] == sorted(point.rate for point in found.staying)


def test_a_head_is_judged_by_its_own_task_and_what_is_shared_by_all(sweeps: Sweeps) -> None:
    tasks = {found.subnet: found.tasks for found in sweeps.subnets}
    every = ["click", "dwell", "conversion"]
    assert tasks == {
        "embeddings": every, "shared": every, "heads.click": ["click"], "heads.dwell": ["dwell"],
        "heads.conversion": ["conversion"], "weighting": every,
    }  # fmt: skip


def test_the_cost_is_what_was_made(sweeps: Sweeps) -> None:
    rising = sum(len(found.rising) for found in sweeps.subnets)
    assert sweeps.num_steps <= rising + (sweeps.num_runs - len(SUBNETS)) * sweeps.steps_staying
    assert sweeps.num_runs >= 2 * len(SUBNETS)
    assert (sweeps.steps_rising, sweeps.steps_staying, sweeps.steps_of_training) == (15, 15, 47)


def test_a_rate_that_breaks_a_head_shows_and_is_not_proposed(sweeps: Sweeps) -> None:
    click = by_subnet(sweeps)["heads.click"]
    gentle, wild = click.rising[0], click.rising[-1]
    assert gentle.dead_units is not None
    assert wild.loss is None or wild.dead_units is None or wild.dead_units > gentle.dead_units
    best = min((point for point in click.staying if is_whole(point)), key=lambda point: point.loss or 0.0)
    assert click.proposal.rate <= best.rate * 10**0.25


def test_the_same_seed_gives_the_same_rates(log: Prepared) -> None:
    first, second = (sweep(log, only_automatic=True, optimizers={"heads.click": AUTO}) for _ in range(2))
    assert to_json(first) == to_json(second)


def test_numbers_are_json(sweeps: Sweeps) -> None:
    again = json.loads(json.dumps(to_json(sweeps), allow_nan=False))
    assert [found["proposal"]["rate"] for found in again["subnets"]] == [s.proposal.rate for s in sweeps.subnets]
    assert again["subnets"][0]["group"]["kind"] == "rowwise_adagrad"


def test_frozen_subnets_and_those_without_parameters_are_not_swept(log: Prepared) -> None:
    frozen = {"kind": "adamw", "learning_rate": 0.0}
    found = sweep(log, optimizers={"shared": frozen}, weighting={"kind": "fixed"}, max_steps=20)
    assert [each.subnet for each in found.subnets] == ["embeddings", "heads.click", "heads.dwell", "heads.conversion"]


def test_only_automatic_rates_are_swept_for_a_training(log: Prepared) -> None:
    found = sweep(
        log, only_automatic=True, optimizers={"heads.*": AUTO, "heads.dwell": {**AUTO, "learning_rate": 0.01}}
    )
    assert [each.subnet for each in found.subnets] == ["heads.click", "heads.conversion"]


@pytest.fixture(scope="module")
def start(log: Prepared) -> Start:
    return Start(configured(log), 20)


def groups_of(start: Start) -> dict[str, Any]:
    return {name: first_group(name, group) for name, group in start.groups.items()}


def test_runs_leave_their_start_untouched(start: Start) -> None:
    before = {name: value.clone() for name, value in start._network.state_dict().items()}
    runs = Runs(start)
    list(runs.rising("shared", groups_of(start), [1e-3, 1e-2], 5))
    runs.staying("heads.click", groups_of(start), 10)
    after = start._network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_run_is_made_once_and_is_the_same_again(start: Start) -> None:
    first, second = Runs(start), Runs(start)
    point = first.staying("heads.click", groups_of(start), 10)
    assert (
        first.staying("heads.click", groups_of(start), 10)
        == point
        == second.staying("heads.click", groups_of(start), 10)
    )
    assert (first.num_steps, first.num_runs) == (10, 1)
    assert first.staying("shared", groups_of(start), 10).losses == point.losses
    assert first.num_runs == 1


def test_only_the_rate_of_the_swept_subnet_changes(start: Start) -> None:
    """A rising run at the configured rate is a run at that rate; one at rate 0 leaves the subnet as it was."""
    groups = groups_of(start)
    rising = list(Runs(start).rising("heads.click", groups, [groups["heads.click"].rate] * 2, 5))
    staying = Runs(start).staying("heads.click", groups, 10)
    assert rising[-1].losses == staying.losses
    trainer = start.trainer(groups)
    Runs(start)._continued(trainer, start.batches[:5], {"heads.click": 0.0})
    for name, value in trainer.network.head("click").state_dict().items():
        assert torch.equal(value, start._network.head("click").state_dict()[name])


def test_divergence_ends_a_run_and_not_the_sweep(start: Start) -> None:
    groups = groups_of(start)
    rising = list(Runs(start).rising("shared", groups, [1e-3, 1e3, 1e-3], 5))
    assert len(rising) == 2
    broken = Runs(start).staying("shared", at_rate(groups, "shared", 1e30), 10)
    assert (broken.loss, broken.losses, broken.dead_units) == (None, {}, None)
    assert not is_whole(broken)


def test_a_schedule_is_left_out_of_the_short_runs(log: Prepared) -> None:
    cosine = {"kind": "adamw", "learning_rate": 1e-3, "schedule": {"kind": "cosine", "warmup_steps": 30}}
    start = Start(configured(log, optimizers={"shared": cosine}), 5)
    assert start.groups["shared"].schedule == CosineSchedule(kind="cosine", warmup_steps=30)
    assert first_group("shared", start.groups["shared"]).schedule.kind == "constant"


def test_an_automatic_rate_begins_at_the_default_of_its_kind(log: Prepared) -> None:
    sparse = {"embeddings": {"kind": "sparse_adam", "learning_rate": "auto"}, "weighting": AUTO}
    start = Start(configured(log, optimizers=sparse), 5)
    found = {name: first_group(name, group).rate for name, group in start.groups.items()}
    assert (found["embeddings"], found["weighting"], found["shared"]) == (1e-2, 1e-2, 1e-3)


def test_a_log_too_small_for_a_batch_is_refused(log: Prepared) -> None:
    with pytest.raises(ConfigError, match=r"12,000 rows, fewer than training.batch_size = 20,000"):
        Start(configured(log, batch_size=20_000), 5)


def test_a_short_epoch_is_gone_through_again(log: Prepared) -> None:
    assert [len(batch) for batch in Start(configured(log, batch_size=8_000), 5).batches] == [8_000] * 5


def test_a_head_without_labels_among_the_rows_looked_at_keeps_its_rate(
    log: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampled = start_module.sampled

    def without_conversions(*arguments: Any) -> TrainingBatch:
        rows = sampled(*arguments)
        return TrainingBatch(rows.inputs, {**rows.labels, "conversion": torch.full((len(rows),), torch.nan)})

    monkeypatch.setattr(start_module, "sampled", without_conversions)
    found = by_subnet(sweep(log, only_automatic=True, optimizers={"heads.conversion": AUTO}))["heads.conversion"]
    assert (found.proposal.verdict, found.proposal.rate, found.rising) == ("unjudged", 1e-3, [])


def test_a_training_with_automatic_rates_is_the_training_with_the_rates_that_were_found(log: Prepared) -> None:
    said = io.StringIO()
    automatic = configured(log, optimizers={"shared": AUTO, "heads.*": AUTO})
    trained = fit(automatic, Console(file=said, width=200))
    found = trained.history.found_rates
    assert set(found.by_subnet) == {"shared", "heads.click", "heads.dwell", "heads.conversion"}
    assert found.num_steps > 0
    assert said.getvalue().count("found automatically") == 5
    given = {name: {"kind": "adamw", "learning_rate": rate} for name, rate in found.by_subnet.items()}
    by_hand = fit(configured(log, optimizers=given), silent())
    assert by_hand.history.found_rates.by_subnet == {}
    for name, value in by_hand.predictor.network.state_dict().items():
        assert torch.equal(value, trained.predictor.network.state_dict()[name])


@pytest.mark.parametrize("subnet", ["heads.clik", "weighting"])
def test_an_automatic_group_that_claims_nothing_is_refused(log: Prepared, subnet: str) -> None:
    with pytest.raises(ConfigError, match=f"'{subnet}'"):
        fit(configured(log, weighting={"kind": "fixed"}, optimizers={subnet: AUTO}), silent())
