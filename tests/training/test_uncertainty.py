"""Lesson 1: losses combined by learned uncertainty."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
import torch
from torch import nn

from benchmarks.toy import draw, recovered
from models.heads import BinaryHead, RegressionHead, RegressionStatistics, RegressionTask, ValueHead
from models.heads.duration import LogNormalHead
from models.mlp import MlpConfig
from models.network import Network
from tests.training.worlds import silent, small_config
from training.objective import LossUnit, Objective, in_unit
from training.pipeline import run
from training.weightings import Uncertainty, UncertaintyConfig


def reference_toy(num_rows: int, epochs: int, batch: int, weighting_rate: float, start: str) -> dict[str, float]:
    """The problem of the paper's reference notebook: y1 = 2x + 8 with sigma 10, y2 = 3x + 3 with sigma 1."""
    random = np.random.RandomState(0)  # the notebook's generator and seed
    x = random.randn(num_rows, 1)
    y1 = 2 * x + 8 + 10 * random.randn(num_rows, 1)
    y2 = 3 * x + 3 + random.randn(num_rows, 1)
    inputs, labels = torch.tensor(x).float(), torch.tensor(np.hstack([y1, y2])).float()
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(1, 1024), nn.ReLU(), nn.Linear(1024, 2))
    weighting = Uncertainty({"y1": "gaussian", "y2": "gaussian"}, start)  # type: ignore[arg-type]
    optimizer = torch.optim.AdamW(
        [{"params": network.parameters()}, {"params": weighting.parameters(), "lr": weighting_rate}],
        lr=1e-3,
        weight_decay=0,
    )
    started = False
    for _ in range(epochs):
        for index in torch.split(torch.randperm(num_rows), batch):
            squares = (network(inputs[index]) - labels[index]).square().mean(dim=0)
            losses = {"y1": squares[0], "y2": squares[1]}
            if not started:
                weighting.start({name: loss.detach() for name, loss in losses.items()})
                started = True
            optimizer.zero_grad()
            weighting(losses).backward()
            optimizer.step()
    return weighting.sigmas()


def test_the_notebooks_settings_give_the_notebooks_sigmas() -> None:
    sigmas = reference_toy(num_rows=100, epochs=2_000, batch=20, weighting_rate=1e-3, start="zero")
    assert sigmas["y1"] == pytest.approx(8.6, rel=0.05)
    assert sigmas["y2"] == pytest.approx(0.92, rel=0.05)


def test_with_its_own_rate_and_enough_rows_the_weighting_finds_the_true_noise() -> None:
    sigmas = reference_toy(num_rows=10_000, epochs=100, batch=500, weighting_rate=1e-2, start="first_losses")
    assert sigmas["y1"] == pytest.approx(10, rel=0.02)
    assert sigmas["y2"] == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize("kind", ["gaussian", "categorical"])
def test_the_start_is_the_optimum_for_the_first_losses(kind: str) -> None:
    weighting = Uncertainty({"task": kind})  # type: ignore[dict-item]
    loss = torch.tensor(0.3)
    weighting.start({"task": loss})
    weighting({"task": loss}).backward()
    assert weighting.log_variance("task").grad.item() == pytest.approx(0, abs=1e-6)
    assert weighting.weights()["task"] == pytest.approx(1 / (2 * 0.3))


def test_another_unit_of_a_loss_changes_no_gradient_of_the_network() -> None:
    gradients = []
    for unit in (1.0, 1e6):
        weighting = Uncertainty({"a": "gaussian", "b": "categorical"})
        weight = torch.tensor([0.7, 0.4], requires_grad=True)
        losses = {"a": unit * weight[0] ** 2, "b": weight[1] ** 2}
        weighting.start({name: loss.detach() for name, loss in losses.items()})
        weighting(losses).backward()
        gradients.append(weight.grad)
    torch.testing.assert_close(gradients[0], gradients[1])


def test_the_log_variance_is_free_to_go_negative_and_the_total_with_it() -> None:
    weighting = Uncertainty({"a": "gaussian"})
    weighting.start({"a": torch.tensor(1e-4)})
    assert weighting.log_variance("a").item() == pytest.approx(math.log(1e-4))
    assert weighting({"a": torch.tensor(1e-4)}).item() < 0


def test_any_task_name_will_do() -> None:
    weighting = Uncertainty({"forward": "gaussian", "values": "categorical", "keys": "gaussian"})
    weighting({name: torch.tensor(1.0) for name in ("forward", "values", "keys")}).backward()
    assert set(weighting.weights()) == {"forward", "values", "keys"}


def test_a_task_that_comes_late_starts_from_its_own_first_loss_and_moves_no_other() -> None:
    weighting = Uncertainty({"a": "gaussian", "b": "gaussian"})
    weighting.start({"a": torch.tensor(2.0)})
    weighting.start({"a": torch.tensor(9.0), "b": torch.tensor(3.0)})
    assert weighting.log_variance("a").item() == pytest.approx(math.log(2))
    assert weighting.log_variance("b").item() == pytest.approx(math.log(3))


def test_a_task_without_a_loss_in_the_batch_contributes_nothing() -> None:
    weighting = Uncertainty({"a": "gaussian", "b": "categorical"})
    weighting({"a": torch.tensor(1.0)}).backward()
    assert weighting.log_variance("b").grad is None


def with_other_unit(log: Path, folder: Path, factor: float) -> Path:
    """The same log with dwell in another unit."""
    for file in sorted(log.glob("date=*/*.parquet")):
        table = pq.read_table(file, partitioning=None)
        position = table.schema.get_field_index("dwell_seconds")
        scaled = pa.compute.multiply(table["dwell_seconds"], factor)
        target = folder / file.parent.name / file.name
        target.parent.mkdir(parents=True)
        pq.write_table(table.set_column(position, "dwell_seconds", scaled), target)
    assert ds.dataset(folder).count_rows() > 0
    return folder


def test_multiplying_a_labels_unit_by_a_thousand_changes_no_result(world: Path, tmp_path: Path) -> None:
    seconds = run(small_config(world), silent()).evaluation.metrics()
    thousand = run(small_config(with_other_unit(world, tmp_path / "ms", 1_000)), silent()).evaluation.metrics()
    for task in ("click", "conversion"):
        assert thousand[task]["auc"] == pytest.approx(seconds[task]["auc"], rel=0.005)
    assert thousand["dwell"]["mae_seconds"] / 1_000 == pytest.approx(seconds["dwell"]["mae_seconds"], rel=0.005)
    assert thousand["dwell"]["xauc"] == pytest.approx(seconds["dwell"]["xauc"], rel=0.005)


@pytest.mark.parametrize("scales", [(1e-3, 1e3), (1.0, 1.0), (1e3, 1e3)])
def test_in_any_unit_of_the_labels_the_sigmas_are_the_noise(scales: tuple[float, float]) -> None:
    sigmas = recovered(draw(0, scales, num_rows=2_000), "ours", seed=0, epochs=40, units=128)
    assert sigmas["y1"] == pytest.approx(1, rel=0.02)
    assert sigmas["y2"] == pytest.approx(1, rel=0.02)


def test_from_zero_and_in_raw_units_they_are_not() -> None:
    sigmas = recovered(draw(0, (1e3, 1e3), num_rows=2_000), "paper", seed=0, epochs=40, units=128)
    assert max(sigmas.values()) < 0.5


def regression(deviation: float) -> RegressionHead:
    statistics = RegressionStatistics(
        num_observed=100, mean=7 * deviation, standard_deviation=deviation, min=0, max=20 * deviation
    )
    return RegressionTask(name="score", kind="regression", label="score", tower=MlpConfig(widths=(2,))).build(
        3, statistics
    )


@pytest.mark.parametrize("deviation", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("unit", ["base_rate", "label"])
def test_the_sigma_of_a_number_is_the_noise_of_its_label(deviation: float, unit: LossUnit) -> None:
    """In standard deviations of the label, or in the label's own unit: half of the variance is noise here."""
    head, noise = regression(deviation), 0.5**0.5 * deviation * torch.randn(40_000)
    at_the_mean = torch.full((len(noise),), head.statistics.mean)
    loss = head.loss(torch.zeros(len(noise), 1), at_the_mean + noise).mean()
    network = cast(Network, SimpleNamespace(head=lambda name: head))
    weighting = UncertaintyConfig().build({"score": head})
    weighting.start(in_unit(network, {"score": loss}, unit))
    expected = 0.5**0.5 * (1.0 if unit == "base_rate" else deviation)
    assert weighting.sigmas()["score"] == pytest.approx(expected, rel=0.02)


def test_each_kind_of_task_has_its_likelihood() -> None:
    """A squared error is that of a Gaussian, whose total is its negative log likelihood up to a constant."""
    assert {kind.__name__: kind.likelihood for kind in (BinaryHead, LogNormalHead, RegressionHead, ValueHead)} == {
        "BinaryHead": "categorical",
        "LogNormalHead": "gaussian",
        "RegressionHead": "gaussian",
        "ValueHead": "categorical",
    }
    label, mean, sigma = torch.randn(50), 0.3, 1.7
    weighting = Uncertainty({"task": "gaussian"}, "zero")
    with torch.no_grad():
        weighting.log_variance("task").fill_(2 * math.log(sigma))
    total = weighting({"task": (label - mean).square().mean()})
    likelihood = torch.distributions.Normal(mean, sigma).log_prob(label).mean()
    assert total.item() == pytest.approx(-likelihood.item() - 0.5 * math.log(2 * math.pi), rel=1e-5)


def test_where_every_label_counts_alike_the_total_is_the_likelihood_of_the_observed_labels() -> None:
    """The sum over labels of both tasks, by the batch's 50 rows, where one task has a label in 10 of them."""
    often, rarely, sigmas = torch.randn(50), 3 * torch.randn(10), {"often": 0.8, "rarely": 2.5}
    weighting = Uncertainty(dict.fromkeys(sigmas, "gaussian"), "zero", "label")
    with torch.no_grad():
        for name, sigma in sigmas.items():
            weighting.log_variance(name).fill_(2 * math.log(sigma))
    losses = {"often": often.square().mean(), "rarely": rarely.square().mean()}
    common, leaf = torch.zeros(1), torch.ones((), requires_grad=True)
    graphed = {name: leaf * loss for name, loss in losses.items()}
    weighting.backward(Objective(graphed, common, cast(Network, None), shares={"rarely": 0.2}))
    terms = sum(torch.distributions.Normal(0, s).log_prob(x).sum() for s, x in ((0.8, often), (2.5, rarely)))
    constants = 60 * 0.5 * math.log(2 * math.pi)
    assert weighting(losses).item() == pytest.approx((-terms.item() - constants) / 50, rel=1e-5)


def test_where_every_task_counts_alike_its_share_of_the_rows_does_not_matter() -> None:
    weighting = Uncertainty({"a": "gaussian", "b": "gaussian"}, "zero")
    losses = {name: torch.tensor(1.0, requires_grad=True) for name in ("a", "b")}
    weighting.backward(Objective(losses, torch.zeros(1), cast(Network, None), shares={"a": 1.0, "b": 0.01}))
    assert weighting.weights() == {"a": 0.5, "b": 0.5}
