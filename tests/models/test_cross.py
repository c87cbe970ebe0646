"""Cross networks: their equation, their degree, and where a trunk reads them."""

import pytest
import torch

from models.trunks import CrossNetworkConfig, DcnV2, DcnV2Config, MMoE, MMoEConfig

WIDTH = 5


def test_each_layer_multiplies_the_input_with_a_line_of_what_came_before() -> None:
    cross, x = CrossNetworkConfig(num_layers=2).build(WIDTH), torch.randn(7, WIDTH)
    expected = x
    for layer in cross.layers:
        expected = x * (expected @ layer.weight.T + layer.bias) + expected
    torch.testing.assert_close(cross(x), expected)


def test_a_matrix_of_low_rank_is_a_product_of_two() -> None:
    cross, x = CrossNetworkConfig(num_layers=1, rank=2).build(WIDTH), torch.randn(7, WIDTH)
    down, up = cross.layers[0]
    assert (tuple(down.weight.shape), tuple(up.weight.shape)) == ((2, WIDTH), (WIDTH, 2))
    torch.testing.assert_close(cross(x), x * (x @ (up.weight @ down.weight).T + up.bias) + x)


@pytest.mark.parametrize("num_layers", [1, 2, 3])
@pytest.mark.parametrize("rank", [None, 2])
def test_crosses_are_polynomials_whose_degree_is_one_more_than_the_layers(num_layers: int, rank: int | None) -> None:
    """Differences of one order more vanish along a line, those of the degree do not."""
    cross, degree = CrossNetworkConfig(num_layers=num_layers, rank=rank).build(WIDTH).double(), num_layers + 1
    line = torch.arange(degree + 2, dtype=torch.float64).unsqueeze(1) * torch.randn(WIDTH, dtype=torch.float64)
    values = cross(line)
    assert values.diff(n=degree, dim=0).abs().max() > 1e-3
    torch.testing.assert_close(values.diff(n=degree + 1, dim=0), torch.zeros(1, WIDTH, dtype=torch.float64))


def dcnv2(structure: str) -> DcnV2:
    return DcnV2Config.model_validate({"kind": "dcnv2", "structure": structure, "mlp": {"widths": [4]}}).build(WIDTH, 2)


def test_beside_each_other_the_heads_get_crosses_and_deep_network() -> None:
    trunk, x = dcnv2("parallel"), torch.randn(7, WIDTH)
    assert trunk.output_width == WIDTH + 4
    torch.testing.assert_close(trunk.common(x), torch.cat([trunk.cross(x), trunk.mlp(x)], dim=1))


def test_stacked_the_deep_network_reads_the_crosses() -> None:
    trunk, x = dcnv2("stacked"), torch.randn(7, WIDTH)
    assert trunk.output_width == 4
    torch.testing.assert_close(trunk.common(x), trunk.mlp(trunk.cross(x)))


def test_in_front_of_experts_these_read_the_crosses_and_the_gates_the_input() -> None:
    trunk, x = MMoEConfig(num_experts=2, cross=CrossNetworkConfig()).build(WIDTH, 2), torch.randn(7, WIDTH)
    common = trunk.common(x)
    torch.testing.assert_close(common, torch.stack([expert(trunk.cross(x)) for expert in trunk.experts], dim=1))
    for gate, found in zip(trunk.gates, trunk.split(common, x), strict=True):
        torch.testing.assert_close(found, (torch.softmax(gate(x), dim=1).unsqueeze(2) * common).sum(dim=1))


def test_a_trunk_without_one_has_no_weight_for_it() -> None:
    """So a checkpoint from before there were cross networks still loads."""
    trunk = MMoEConfig(num_experts=2).build(WIDTH, 2)
    assert isinstance(trunk, MMoE)
    assert not [name for name in trunk.state_dict() if name.startswith("cross")]
