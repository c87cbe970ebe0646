"""The log-normal with a lump below it is a distribution, and all that is read from it is that distribution's."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from models.heads.inflated import InflatedLogNormal, Inflation

AMOUNTS = Inflation(threshold=0.0, share_above=0.2, log_mean=2.0, log_deviation=1.3, log_unit=1.3)
STAYS = Inflation(threshold=2.0, share_above=0.85, log_mean=3.0, log_deviation=1.1, log_unit=1.0)
LOW_STAYS = Inflation(threshold=2.0, share_above=0.6, log_mean=0.3, log_deviation=0.9, log_unit=0.5)
ALL = [AMOUNTS, STAYS, LOW_STAYS]
OUTPUTS = [(0.0, 0.0, 0.0), (1.5, 0.8, -0.7), (-2.0, -1.2, 0.9)]
EXTREMES = torch.tensor([1e6, -1e6, 50.0, -50.0, 0.0])


def row(values: tuple[float, float, float]) -> Tensor:
    return torch.tensor([values], dtype=torch.float64)


def density(measured: Inflation, output: Tensor, log_label: Tensor) -> Tensor:
    """Of the logarithm of labels above the threshold, from their cost."""
    distribution = InflatedLogNormal(measured, math.inf)
    cost = distribution.cost(output.expand(len(log_label), 3), torch.exp(log_label))
    return torch.exp(-cost) / measured.log_unit


@pytest.mark.parametrize("measured", ALL)
@pytest.mark.parametrize("values", OUTPUTS)
def test_the_likelihood_adds_up_to_one(measured: Inflation, values: tuple[float, float, float]) -> None:
    output = row(values)
    start = math.log(measured.threshold) + 1e-9 if measured.threshold else -40.0
    across = torch.linspace(start, 40.0, 200_001, dtype=torch.float64)
    above = torch.trapezoid(density(measured, output, across), across).item()
    lump = torch.exp(-InflatedLogNormal(measured, math.inf).cost(output, torch.zeros(1, dtype=torch.float64))).item()
    assert above + lump == pytest.approx(1, rel=1e-5)


def drawn(measured: Inflation, output: Tensor, num_rows: int = 400_000) -> np.ndarray:
    """Labels of the stated distribution: uniform in the lump, log-normal above it."""
    random, parameters = np.random.default_rng(0), InflatedLogNormal(measured, math.inf).parameters(output)
    above = random.random(num_rows) < torch.sigmoid(parameters.logit).item()
    stays = np.empty(0)
    while len(stays) < num_rows:
        more = np.exp(random.normal(parameters.mean.item(), parameters.deviation.item(), 4 * num_rows))
        stays = np.concatenate([stays, more[more > measured.threshold]])
    return np.where(above, stays[:num_rows], random.uniform(0, measured.threshold, num_rows))


@pytest.mark.parametrize("measured", ALL)
@pytest.mark.parametrize("values", OUTPUTS)
def test_mean_and_quantiles_are_those_of_draws(measured: Inflation, values: tuple[float, float, float]) -> None:
    distribution, labels = InflatedLogNormal(measured, 1e9), drawn(measured, row(values))
    parameters = distribution.parameters(row(values))
    error = labels.std() / math.sqrt(len(labels))
    assert distribution.mean(parameters).item() == pytest.approx(labels.mean(), abs=6 * error)
    for level in (0.02, 0.1, 0.5, 0.9, 0.98):
        quantile = distribution.quantile(parameters, level).item()
        below, at_most = (labels < quantile * (1 - 1e-9)).mean(), (labels <= quantile * (1 + 1e-9)).mean()
        assert below - 0.005 <= level <= at_most + 0.005


@pytest.mark.parametrize("measured", ALL)
def test_quantiles_rise_with_their_level(measured: Inflation) -> None:
    distribution = InflatedLogNormal(measured, 500.0)
    outputs = torch.cat([torch.randn(50, 3) * 3, torch.cartesian_prod(*[EXTREMES] * 3)])
    parameters = distribution.parameters(outputs)
    found = torch.stack([distribution.quantile(parameters, level) for level in (0.001, 0.05, 0.5, 0.95, 0.999)])
    assert torch.isfinite(found).all()
    assert (found.diff(dim=0) >= 0).all()
    assert (found >= 0).all()
    assert (found <= 500.0 * (1 + 1e-9)).all()
    mean = distribution.mean(parameters)
    assert torch.isfinite(mean).all()
    assert ((mean >= 0) & (mean <= 500.0 * (1 + 1e-9))).all()


@pytest.mark.parametrize("measured", ALL)
@pytest.mark.parametrize("label", [0.0, 1e-6, 2.0, 2.0001, 30.0, 1e12, 3e38])
def test_costs_and_gradients_are_finite_at_extremes(measured: Inflation, label: float) -> None:
    output = torch.cartesian_prod(*[torch.tensor([100.0, -100.0, 9.0, -9.0, 0.0])] * 3).requires_grad_()
    cost = InflatedLogNormal(measured, math.inf).cost(output, torch.full((len(output),), label))
    assert torch.isfinite(cost).all()
    cost.sum().backward()
    assert output.grad is not None
    assert torch.isfinite(output.grad).all()


def test_a_lump_says_nothing_of_those_above() -> None:
    output = torch.randn(9, 3, requires_grad=True)
    InflatedLogNormal(STAYS, 500.0).cost(output, torch.ones(9)).sum().backward()
    assert output.grad is not None
    assert (output.grad[:, 1:] == 0).all()
    assert (output.grad[:, 0] > 0).all()  # descending makes a stay less likely


@pytest.mark.parametrize("measured", ALL)
def test_the_true_distribution_costs_least(measured: Inflation) -> None:
    true = row((0.6, 0.4, -0.3))
    labels = torch.from_numpy(drawn(measured, true, 100_000))
    distribution = InflatedLogNormal(measured, math.inf)

    def cost(output: Tensor) -> float:
        return distribution.cost(output.expand(len(labels), 3), labels).mean().item()

    best = cost(true)
    for index in range(3):
        for step in (-0.15, 0.15):
            assert cost(true + step * torch.eye(3, dtype=torch.float64)[index]) > best


def test_a_label_stands_for_outputs_on_its_side_and_at_its_logarithm() -> None:
    taught = InflatedLogNormal(STAYS, 500.0).outputs(torch.tensor([1.0, math.exp(3.0), math.exp(3.0 + 1.1)]))
    assert taught[0, 0] < 0 < taught[1, 0]
    assert taught[:, 1].tolist() == pytest.approx([0, 0, 1], abs=1e-5)
    assert (taught[:, 2] == 0).all()
