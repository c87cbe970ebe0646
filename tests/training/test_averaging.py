"""A running average of weights: by the formula, for looking and keeping alone, and never of two tables."""

from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from models.network import Network
from tests.training.test_trainer import trainer, weights
from tests.training.worlds import silent, small_config
from training.averaging import HEAD_START
from training.pipeline import Prepared, prepare
from training.selection import Selection


@pytest.fixture(scope="module")
def prepared(world: Path) -> Prepared:
    return prepare(small_config(world), silent())


def test_the_average_keeps_its_share_at_a_step_and_less_of_the_first_ones(prepared: Prepared) -> None:
    of = trainer(prepared, average_weights=0.5)
    expected = weights(of.network)
    for n, batch in zip(range(1, 13), of.stream.epoch(0), strict=False):
        of.step(batch)
        kept = min(0.5, (n + 1) / (n + HEAD_START))
        expected = {name: kept * expected[name] + (1 - kept) * now for name, now in weights(of.network).items()}
    assert of.history.num_steps == 12, "enough for the share to reach its limit"
    with of.average.in_force():
        averaged = weights(of.network)
    for name, value in averaged.items():
        torch.testing.assert_close(value, expected[name])


def test_training_goes_on_with_its_own_weights(prepared: Prepared) -> None:
    plain, averaging = trainer(prepared), trainer(prepared, average_weights=0.9)
    for _, batch in zip(range(4), plain.stream.epoch(0), strict=False):
        plain.step(batch)
        averaging.step(batch)
        with averaging.average.in_force():
            assert moved(averaging.network, plain.network)
    assert not moved(averaging.network, plain.network)


def test_a_run_ends_with_the_average_that_it_looked_at(prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    of = trainer(prepared, average_weights=0.9, max_epochs=1)
    seen, look = [], Selection.look

    def watched(selection: Selection) -> bool:
        with of.average.in_force():
            seen.append(weights(of.network))
        return look(selection)

    monkeypatch.setattr(Selection, "look", watched)
    history = of.train()
    best = min(range(len(seen)), key=lambda n: history.validations[n].score)
    assert all(torch.equal(seen[best][name], now) for name, now in weights(of.network).items())


def test_tables_of_two_passes_are_not_averaged(world: Path) -> None:
    with pytest.raises(ValidationError, match="set one of them alone"):
        small_config(world, average_weights=0.9, reset_embeddings="each_epoch")


def moved(one: Network, other: Network) -> list[str]:
    of = weights(other)
    return [name for name, tensor in weights(one).items() if not torch.equal(tensor, of[name])]
