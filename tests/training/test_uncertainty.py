"""Lesson 1: losses combined by learned uncertainty."""

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
import torch
from torch import nn

from tests.training.worlds import silent, small_config
from training.pipeline import run
from training.weightings import Uncertainty


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
