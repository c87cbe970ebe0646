"""FAMO: all losses fall at the same relative speed."""

from dataclasses import replace

import pytest
import torch
from torchjd.scalarization import FAMO

from tests.training.worlds import silent, small_config
from training.pipeline import Prepared, fit
from training.weightings import Famo

NAMES = ("a", "b", "c")


def tensors(*values: float) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(value, requires_grad=True) for name, value in zip(NAMES, values, strict=False)}


def test_it_takes_the_steps_of_the_librarys_famo() -> None:
    """TorchJD has FAMO with an optimizer of its own inside; both see the same losses and must agree."""
    weighting, library = Famo(dict.fromkeys(NAMES), decay=1e-3), FAMO(3, lr=0.025, weight_decay=1e-3)
    optimizer = torch.optim.Adam(weighting.parameters(), lr=0.025)
    random = torch.Generator().manual_seed(0)
    for _ in range(30):
        before, fall = torch.rand(3, generator=random) + 0.1, torch.rand(3, generator=random) + 0.5
        ours, theirs = tensors(*before.tolist()), before.clone().requires_grad_()
        weighting(ours).backward()
        library(theirs).backward()
        factors = torch.stack([loss.grad for loss in ours.values()])
        torch.testing.assert_close(factors, 3 * theirs.grad)  # ours sum to the number of tasks
        optimizer.zero_grad()
        weighting.look_again(tensors(*(before * fall).tolist()))
        optimizer.step()
        library.update(before * fall)


def test_the_factors_sum_to_the_number_of_tasks_and_are_what_weights_tells() -> None:
    weighting, losses = Famo(dict.fromkeys(NAMES), decay=0.0), tensors(2.0, 0.5, 1e-3)
    weighting(losses).backward()
    factors = {name: loss.grad.item() for name, loss in losses.items()}
    assert sum(factors.values()) == pytest.approx(3.0)
    assert weighting.weights() == pytest.approx(factors)


def test_a_unit_changes_no_relative_step() -> None:
    relative = []
    for unit in (1.0, 1e6):
        losses = tensors(2.0 * unit, 0.5, 1.0)
        Famo(dict.fromkeys(NAMES), decay=0.0)(losses).backward()
        pulled = torch.stack([loss.grad * loss.detach() for loss in losses.values()])
        relative.append(pulled / pulled.sum())
    torch.testing.assert_close(relative[0], relative[1])


def test_a_task_whose_loss_fell_more_loses_weight() -> None:
    weighting = Famo(dict.fromkeys(NAMES), decay=0.0)
    weighting(tensors(1.0, 1.0, 1.0))
    weighting.look_again(tensors(0.5, 0.9, 0.9))
    gradients = [value.grad.item() for value in weighting.logits.values]
    assert gradients[0] > 0 > gradients[1]  # an optimizer moves against the gradient
    assert sum(gradients) == pytest.approx(0.0, abs=1e-7)


def test_a_task_without_a_loss_in_the_batch_is_left_alone() -> None:
    weighting = Famo(dict.fromkeys(NAMES), decay=1e-3)
    weighting(tensors(1.0, 2.0))
    weighting.look_again(tensors(0.5, 1.9))
    assert [value.grad is None for value in weighting.logits.values] == [False, False, True]
    assert weighting.weights()["c"] == 1.0


def test_the_trainer_moves_its_logits(prepared: Prepared) -> None:
    config = small_config(prepared.config.data.path, weighting={"kind": "famo"}, max_steps=12, telemetry_every=4)
    readings = fit(replace(prepared, config=config), silent()).history.readings
    first, last = ({task: r.weights[task] * r.losses[task] for task in r.weights} for r in (readings[0], readings[-1]))
    spread = max(first.values()) / min(first.values())
    assert spread == pytest.approx(1.0, rel=1e-3)  # all logits are zero before the first step
    assert max(last.values()) / min(last.values()) > 1.01
