"""Dynamic weight average: the task that stands still counts more."""

import math

import pytest
import torch

from tests.training.weightings import scene
from training.objective import Objective
from training.pipeline import Prepared
from training.weightings import Dwa, DwaConfig


def after(prepared: Prepared, *windows: dict[str, float], temperature: float = 2.0, unit: float = 1.0) -> Dwa:
    """A weighting that has seen windows of two steps of these losses."""
    weighting = Dwa(dict.fromkeys(("a", "b")), interval_steps=2, temperature=temperature)
    network = scene.network(prepared)
    for window in windows:
        for shift in (-0.1, 0.1):
            losses = {name: torch.tensor(unit * (loss + shift), requires_grad=True) for name, loss in window.items()}
            weighting.backward(Objective(losses, torch.zeros(1), network))
    return weighting


def test_all_weights_are_one_until_two_windows_are_full(prepared: Prepared) -> None:
    assert after(prepared, {"a": 1.0, "b": 4.0}).weights() == {"a": 1.0, "b": 1.0}


def test_the_papers_equation(prepared: Prepared) -> None:
    weights = after(prepared, {"a": 1.0, "b": 4.0}, {"a": 0.9, "b": 1.0}).weights()
    a, b = math.exp(0.9 / 2), math.exp(0.25 / 2)
    assert weights["a"] == pytest.approx(2 * a / (a + b))
    assert weights["b"] == pytest.approx(2 * b / (a + b))


def test_a_unit_changes_no_weight(prepared: Prepared) -> None:
    windows = {"a": 1.0, "b": 4.0}, {"a": 0.9, "b": 1.0}
    plain, scaled = after(prepared, *windows).weights(), after(prepared, *windows, unit=1e3).weights()
    assert scaled == pytest.approx(plain)


def test_the_larger_the_temperature_the_more_equal(prepared: Prepared) -> None:
    windows = {"a": 1.0, "b": 4.0}, {"a": 0.9, "b": 1.0}
    spread = [after(prepared, *windows, temperature=t).weights()["a"] - 1 for t in (0.5, 2.0, 50.0)]
    assert spread[0] > spread[1] > spread[2] > 0


def test_a_task_without_a_loss_in_a_window_is_taken_to_stand_still(prepared: Prepared) -> None:
    weights = after(prepared, {"a": 1.0, "b": 4.0}, {"a": 1.0}).weights()
    assert weights == pytest.approx({"a": 1.0, "b": 1.0})


def test_what_the_network_gets_is_the_weighted_sum(prepared: Prepared) -> None:
    weighting = after(prepared, {"a": 1.0, "b": 4.0}, {"a": 0.9, "b": 1.0})
    losses = {name: torch.tensor(1.0, requires_grad=True) for name in ("a", "b")}
    weighting(losses).backward()
    assert {name: loss.grad.item() for name, loss in losses.items()} == pytest.approx(weighting.weights())


def test_it_has_nothing_for_an_optimizer() -> None:
    assert not list(DwaConfig(kind="dwa").build({}).parameters())
