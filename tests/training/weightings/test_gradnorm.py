"""GradNorm: tasks pull alike at what they share, slow ones harder."""

import pytest
import torch
from torch import Tensor

from tests.training.weightings import scene
from training.objective import Objective
from training.pipeline import Prepared
from training.weightings import GradNorm
from training.weightings.pulls import pulls


def quadratics(factors: dict[str, float], at: float = 1.0) -> tuple[dict[str, Tensor], Tensor]:
    """Losses factor x common^2 / 2, whose gradients at the common value are factor x common."""
    common = torch.tensor([at], requires_grad=True)
    return {name: factor * common.square().sum() / 2 for name, factor in factors.items()}, common


def moved(prepared: Prepared, alpha: float, now: dict[str, float], num_steps: int = 600) -> GradNorm:
    """The weights after so many steps at the same place; every task's first loss is twice what its factor gives."""
    weighting = GradNorm(dict.fromkeys(now), alpha)
    weighting.start({"a": torch.tensor(100.0), "b": torch.tensor(1.0)})
    optimizer = torch.optim.AdamW(weighting.parameters(), lr=2e-2, weight_decay=0)
    network = scene.network(prepared)
    for _ in range(num_steps):
        losses, common = quadratics(now)
        optimizer.zero_grad()
        weighting.backward(Objective(losses, common, network))
        optimizer.step()
    return weighting


def test_with_alpha_zero_all_tasks_come_to_pull_alike(prepared: Prepared) -> None:
    weights = moved(prepared, alpha=0.0, now={"a": 100.0, "b": 1.0}).weights()
    assert weights["a"] * 100 == pytest.approx(weights["b"], rel=0.1)


def test_with_alpha_a_task_that_learned_less_pulls_harder(prepared: Prepared) -> None:
    now = {"a": 100.0, "b": 0.5}  # a is at half of its first loss, b at a quarter
    weights = moved(prepared, alpha=1.0, now=now).weights()
    assert weights["a"] * 100 / (weights["b"] * 0.5) == pytest.approx(2.0, rel=0.1)


def test_the_weights_are_positive_and_sum_to_the_number_of_tasks(prepared: Prepared) -> None:
    weights = moved(prepared, alpha=1.5, now={"a": 1e6, "b": 1e-3}).weights()
    assert min(weights.values()) > 0
    assert sum(weights.values()) == pytest.approx(2.0)


def test_the_gradient_of_the_weights_is_that_of_the_papers_loss(prepared: Prepared) -> None:
    names, alpha = ("a", "b", "c"), 0.7
    logits = torch.tensor([0.3, -0.2, 0.5], requires_grad=True)
    norms, progress = torch.tensor([2.0, 1.0, 0.3]), torch.tensor([0.9, 0.5, 1.2])
    weights = 3 * torch.softmax(logits, dim=0)
    target = ((weights * norms).mean() * (progress / progress.mean()) ** alpha).detach()
    (weights * norms - target).abs().sum().backward()

    weighting = GradNorm(dict.fromkeys(names), alpha)
    with torch.no_grad():
        for value, logit in zip(weighting.logits.values, logits, strict=True):
            value.copy_(logit)
    weighting.start({name: torch.tensor(1.0) for name in names})
    common = torch.ones(1, requires_grad=True)
    losses = {name: norm * (common.sum() - 1) + value for name, norm, value in zip(names, norms, progress, strict=True)}
    weighting.backward(Objective(losses, common, scene.network(prepared)))
    torch.testing.assert_close(torch.stack([value.grad for value in weighting.logits.values]), logits.grad)


def test_a_task_without_a_loss_in_the_batch_moves_no_weight_of_its_own(prepared: Prepared) -> None:
    weighting = GradNorm(dict.fromkeys(("click", "dwell", "conversion")), 1.5)
    network = scene.network(prepared)
    seen = scene.objective(network, scene.batch(prepared), factors={"conversion": 0.0})
    weighting.start(seen.losses)
    weighting.backward(seen)
    assert [value.grad is None for value in weighting.logits.values] == [False, False, True]


def test_the_network_gets_the_weighted_sum(prepared: Prepared) -> None:
    weighting = GradNorm(dict.fromkeys(("click", "dwell", "conversion")), 1.5)
    network, rows = scene.network(prepared), scene.batch(prepared)
    weighting.start(scene.objective(network, rows).losses)
    weighting.backward(scene.objective(network, rows))
    learned = scene.gradients(network)
    network.zero_grad()
    torch.stack(list(scene.objective(network, rows).losses.values())).sum().backward()  # all weights are still 1
    torch.testing.assert_close(learned, scene.gradients(network))


def test_pulls_are_the_gradients_at_the_common_output(prepared: Prepared) -> None:
    losses, common = quadratics({"a": 3.0, "b": 0.5}, at=2.0)
    losses["apart"] = torch.tensor(1.0, requires_grad=True)
    torch.testing.assert_close(
        pulls(Objective(losses, common, scene.network(prepared))), torch.tensor([[6.0], [1.0], [0.0]])
    )
