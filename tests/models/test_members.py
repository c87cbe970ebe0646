"""An ensemble that shares its weights: how members start, part and are averaged, and who reads whom."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models.members import for_each_member, mean_of_members
from models.mlp import Mlp, MlpConfig
from models.network import Network
from models.trunks import TabM, TabMConfig
from tests.models import tiny
from tests.training.chains import batch, chain, chained, statistics

MEMBERS = 3


def built(**mlp: Any) -> TabM:
    config = {"kind": "tabm", "num_members": MEMBERS, "mlp": {"widths": [6, 4], **mlp}}
    return TabMConfig.model_validate(config).build(5, 2)


def test_a_rows_members_lie_side_by_side_and_their_mean_gives_the_row_back() -> None:
    rows = torch.randn(7, 2)
    repeated = for_each_member(rows, MEMBERS)
    assert torch.equal(repeated[4 * MEMBERS + 1], rows[4])
    torch.testing.assert_close(mean_of_members(repeated, MEMBERS), rows)


class TestStart:
    def test_or_by_how_much_of_it_they_see(self) -> None:
        config = {"kind": "tabm", "num_members": 2_000, "start": "near_one", "mlp": {"widths": [4]}}
        seen = TabMConfig.model_validate(config).build(5, 1).mlp.layers[0].seen
        assert abs(float(seen.detach().mean()) - 1.0) < 0.03
        assert abs(float(seen.detach().std()) - 0.5) < 0.03

    def test_members_differ_by_the_signs_with_which_they_see_the_input(self) -> None:
        """So each of them is an ordinary perceptron on its own signs, whatever the others are."""
        trunk, x = built(), torch.randn(9, 5)
        signs = trunk.mlp.layers[0].seen
        assert set(signs.flatten().tolist()) == {-1.0, 1.0}
        plain = Mlp(5, MlpConfig(widths=(6, 4)))
        with torch.no_grad():
            for layer, own in zip(plain.layers[::2], trunk.mlp.layers[::2], strict=True):
                layer.weight.copy_(own.linear.weight)
                layer.bias.copy_(own.made.bias[0])
        found = trunk.common(x).unflatten(0, (9, MEMBERS))
        for member in range(MEMBERS):
            torch.testing.assert_close(found[:, member], plain(x * signs[member]))

    def test_and_part_by_learning_from_losses_of_their_own(self) -> None:
        trunk, x = built(activation="gelu"), torch.randn(9, 5)
        sum(each.square().sum() for each in trunk.split(trunk.common(x), x)).backward()
        for name, parameter in trunk.named_parameters():
            if "linear" not in name:
                assert not torch.equal(parameter.grad[0], parameter.grad[1]), name  # type: ignore[index]


def test_a_layer_is_that_of_the_paper() -> None:
    trunk, x = built(), torch.randn(4 * MEMBERS, 6)
    layer = trunk.mlp.layers[2]
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.normal_()
    for row, found in enumerate(layer(x)):
        k = row % MEMBERS
        expected = layer.made.scale[k] * (layer.linear.weight @ (layer.seen[k] * x[row])) + layer.made.bias[k]
        torch.testing.assert_close(found, expected)


def test_members_cost_few_weights() -> None:
    """Beside one perceptron of 128 and 64 units on 500 inputs, all that belongs to single members of 8 is a fifth."""
    config = {"kind": "tabm", "num_members": 8}
    members = sum(p.numel() for p in TabMConfig.model_validate(config).build(500, 3).parameters())
    one = sum(p.numel() for p in Mlp(500, MlpConfig(widths=(128, 64))).parameters())
    assert one < members < 1.2 * one


class TestNetwork:
    def test_in_training_each_member_answers_and_the_prediction_is_their_mean(self) -> None:
        network, rows = chained(trunk="tabm"), batch()
        members, found = network(rows.inputs), network.eval()(rows.inputs)
        for name, output in members.items():
            assert output.shape == (len(rows) * MEMBERS, 1)
            torch.testing.assert_close(output.unflatten(0, (-1, MEMBERS)).mean(dim=1), found[name])

    def test_a_member_reads_its_own_estimates(self) -> None:
        """What one member makes of click changes what that member makes of its readers, and no other member."""
        network, rows = chained(trunk="tabm"), batch()
        before = network(rows.inputs)
        click = list(network.graph.tasks).index("click")
        with torch.no_grad():
            network.shared.adapters[click].bias[1] += 1.0
        for name, output in network(rows.inputs).items():
            moved = (output != before[name]).unflatten(0, (-1, MEMBERS)).any(dim=0).flatten()
            assert moved.tolist() == [False, True, False], name

    def test_of_other_trunks_there_is_one(self) -> None:
        network, rows = chained(), batch()
        assert network.num_members == 1
        assert all(output.shape == (len(rows), 1) for output in network(rows.inputs).values())

    def test_a_seed_gives_the_same_members(self) -> None:
        def made() -> nn.Module:
            torch.manual_seed(3)
            return Network(chain(trunk="tabm"), tiny.encoder(), statistics())

        for one, other in zip(made().parameters(), made().parameters(), strict=True):
            assert torch.equal(one, other)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_a_loss_of_the_mean_is_never_above_the_mean_of_the_losses(label: float) -> None:
    head, outputs = chained(trunk="tabm").head("click"), torch.randn(50 * MEMBERS, 1) * 3

    def loss(output: Tensor) -> Tensor:
        return head.loss(output, torch.full((len(output),), label))

    of_members = mean_of_members(loss(outputs).unsqueeze(1), MEMBERS)[:, 0]
    assert (loss(mean_of_members(outputs, MEMBERS)) <= of_members + 1e-6).all()
