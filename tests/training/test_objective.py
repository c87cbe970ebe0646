"""The losses of a batch and the unit in which a weighting gets them."""

from pathlib import Path

import pytest
import torch

from models.network import Network
from tests.training.worlds import silent, small_config
from training.data.batches import TrainingBatch, encode_chunk
from training.objective import in_unit, task_losses
from training.pipeline import Prepared, prepare


@pytest.fixture(scope="module")
def prepared(world: Path) -> Prepared:
    return prepare(small_config(world), silent())


@pytest.fixture(scope="module")
def network(prepared: Prepared) -> Network:
    torch.manual_seed(0)
    return Network(prepared.config.model_part(), prepared.data.encoder, prepared.data.statistics)


@pytest.fixture(scope="module")
def batch(prepared: Prepared) -> TrainingBatch:
    return encode_chunk(prepared.data.encoder, next(prepared.reader.chunks(prepared.windows.train)))


def test_an_output_of_zero_costs_what_the_base_rate_costs(network: Network, batch: TrainingBatch) -> None:
    nothing = {name: torch.zeros(len(batch), 1) for name in network.graph.tasks}
    for loss in task_losses(network, nothing, batch.labels).values():
        assert loss.item() == pytest.approx(1, rel=0.15)  # these rows are one chunk of the window


def test_in_the_labels_unit_a_loss_is_that_of_the_head(network: Network, batch: TrainingBatch) -> None:
    outputs = {name: torch.randn(len(batch), 1) for name in network.graph.tasks}
    losses = task_losses(network, outputs, batch.labels)
    raw = in_unit(network, losses, "label")
    label = batch.labels["click"]
    logit = outputs["click"][:, 0] + network.head("click").base_logit
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logit, label)
    torch.testing.assert_close(raw["click"], expected)
    spread = network.head("dwell").statistics.log_standard_deviation
    torch.testing.assert_close(raw["dwell"], losses["dwell"] * spread**2)


def test_in_units_of_the_base_rate_losses_stay_as_they_are(network: Network) -> None:
    losses = {"click": torch.tensor(0.7), "dwell": torch.tensor(1.2)}
    assert in_unit(network, losses, "base_rate") == losses


def test_a_task_without_an_observed_row_has_no_loss(network: Network, batch: TrainingBatch) -> None:
    labels = {**batch.labels, "dwell": torch.full((len(batch),), torch.nan)}
    assert set(task_losses(network, network(batch.inputs), labels)) == {"click", "conversion"}
