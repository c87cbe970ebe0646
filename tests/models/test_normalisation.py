"""Normalised hidden layers: what they do to units, what is stored, and that the smallest batch is no error."""

from pathlib import Path

import pytest
import torch
from torch import nn

from models.checkpoint import load_checkpoint, save_checkpoint
from models.mlp import Mlp, MlpConfig
from models.network import Network
from models.normalisation import BatchNormalisation
from models.predictor import Predictor
from tests.models import tiny
from training.optimizers import SubnetOptimizers
from training.telemetry.dead_units import DeadUnits

BATCH = tiny.TRUNKS["batch_normalised"]


def before_activation(name: str, x: torch.Tensor) -> torch.Tensor:
    mlp = Mlp(5, MlpConfig.model_validate({"widths": [4], "normalisation": name}))
    linear, normalisation, _ = mlp.layers
    return normalisation(linear(x))  # type: ignore[no-any-return]


def test_over_a_batch_each_unit_has_mean_0_and_variance_1() -> None:
    units = before_activation("batch", torch.randn(4_000, 5) * 7 + 3)
    torch.testing.assert_close(units.mean(dim=0), torch.zeros(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(units.var(dim=0, correction=0), torch.ones(4), atol=1e-3, rtol=0)


def test_over_a_layer_each_row_has() -> None:
    units = before_activation("layer", torch.randn(9, 5) * 7 + 3)
    torch.testing.assert_close(units.mean(dim=1), torch.zeros(9), atol=1e-5, rtol=0)
    torch.testing.assert_close(units.var(dim=1, correction=0), torch.ones(9), atol=1e-3, rtol=0)


def test_without_one_a_layer_is_what_it_was() -> None:
    names = [type(layer) for layer in Mlp(5, MlpConfig(widths=(4, 3), dropout=0.1)).layers]
    assert nn.Dropout in names
    assert not {BatchNormalisation, nn.LayerNorm} & set(names)


def test_predicting_takes_the_running_values_and_changes_none() -> None:
    layer, x = BatchNormalisation(3), torch.randn(500, 3) * 2 + 1
    for _ in range(200):
        layer(x)
    torch.testing.assert_close(layer.running_mean, x.mean(dim=0), rtol=1e-4, atol=1e-4)
    layer.eval()
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    alone = torch.cat([layer(row.unsqueeze(0)) for row in x[:5]])
    torch.testing.assert_close(alone, layer(x)[:5])
    assert all(torch.equal(value, before[name]) for name, value in layer.state_dict().items())


def test_a_training_batch_of_one_row_is_taken_by_the_running_values_and_leaves_them() -> None:
    layer = BatchNormalisation(3)
    layer(torch.randn(50, 3) + 4)
    before, row = layer.running_mean.clone(), torch.randn(1, 3)
    found = layer(row)
    assert torch.equal(layer.running_mean, before)
    assert torch.equal(found, layer.eval()(row))


def test_running_values_are_stored_with_a_checkpoint_and_given_to_no_optimizer(tmp_path: Path) -> None:
    network = Network(tiny.config(BATCH), tiny.encoder(), tiny.statistics()).train()
    batch = tiny.encoder().encode(tiny.from_rows(tiny.config(BATCH), tiny.rows(30)), 30)
    network(batch)
    optimizers = SubnetOptimizers(network.subnets(), {}, num_steps=1)
    claimed = {id(p) for each in optimizers.optimizers.values() for g in each.param_groups for p in g["params"]}
    assert claimed == {id(parameter) for parameter in network.parameters()}
    buffers = {name: value for name, value in network.named_buffers() if "running" in name}
    assert buffers
    assert not claimed & {id(value) for value in buffers.values()}
    made = Predictor(tiny.config(BATCH), tiny.encoder(), network, tiny.CALIBRATIONS)
    save_checkpoint(tmp_path, made, name="tiny", statistics=tiny.statistics(), metrics={}, training={})
    loaded = load_checkpoint(tmp_path)[0].network.state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in buffers.items())


@pytest.mark.parametrize("name", ["batch", "layer"])
def test_dead_units_are_seen_behind_a_normalisation(name: str) -> None:
    mlp = Mlp(5, MlpConfig.model_validate({"widths": [4], "normalisation": name}))
    with torch.no_grad():
        mlp.layers[1].bias[1] = -100.0  # type: ignore[index, operator]
    units = DeadUnits({"shared": mlp})
    with units.watching():
        mlp(torch.randn(300, 5))
    assert units.shares() == {"shared": 0.25}
