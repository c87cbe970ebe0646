"""First layers as one product, gates as another, mixtures as a third: the same numbers, the same gradients."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models.mlp import Activation, Mlp, MlpConfig
from models.trunks import MMoEConfig
from models.trunks.side_by_side import FEWEST_ROWS, linear_side_by_side, mixed, outputs_of

WIDTH, NUM = 5, 3
KINDS: dict[str, dict[str, Any]] = {
    "shallow": {"widths": [6]},
    "deep": {"widths": [6, 4, 2]},
    "smooth": {"widths": [6, 4], "activation": "silu"},
    "layer_normalised": {"widths": [6, 4], "normalisation": "layer"},
    "batch_normalised": {"widths": [6, 4], "normalisation": "batch"},
}
ALL_KINDS = pytest.mark.parametrize("kind", KINDS)


def perceptrons(kind: str, num: int = NUM, **changes: Any) -> nn.ModuleList:
    config = MlpConfig.model_validate({**KINDS[kind], **changes})
    return nn.ModuleList(Mlp(WIDTH, config) for _ in range(num))


def one_by_one(found: nn.ModuleList, x: Tensor) -> Tensor:
    return torch.stack([each(x) for each in found], dim=1)


def gradients(output: Tensor, x: Tensor, of: nn.Module) -> list[Tensor]:
    weights = torch.linspace(-1, 1, output.numel()).view_as(output)
    return list(torch.autograd.grad((weights * output).sum(), [x, *of.parameters()]))


@ALL_KINDS
@pytest.mark.parametrize("rows", [FEWEST_ROWS - 1, FEWEST_ROWS])
@pytest.mark.parametrize("num", [1, NUM])
def test_perceptrons_answer_what_each_of_them_answers_alone(kind: str, rows: int, num: int) -> None:
    made, x = perceptrons(kind, num), torch.randn(rows, WIDTH, requires_grad=True)
    found, expected = outputs_of(list(made), x), one_by_one(made, x)  # type: ignore[arg-type]
    assert found.shape == (rows, num, made[0].output_width)
    torch.testing.assert_close(found, expected)
    for one, other in zip(gradients(found, x, made), gradients(expected, x, made), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


@ALL_KINDS
def test_every_hidden_unit_goes_through_an_activation_that_can_be_watched(kind: str) -> None:
    made, num_units = perceptrons(kind), []
    for module in made.modules():
        if isinstance(module, Activation):
            module.register_forward_hook(lambda _, inputs, output: num_units.append(output.shape[1]))
    outputs_of(list(made), torch.randn(FEWEST_ROWS, WIDTH))  # type: ignore[arg-type]
    assert sum(num_units) == NUM * sum(KINDS[kind]["widths"])


@pytest.mark.parametrize("kind", ["shallow", "deep"])
def test_dropout_drops_units_of_each_perceptron_apart(kind: str) -> None:
    made, x = perceptrons(kind, dropout=0.5), torch.randn(FEWEST_ROWS, WIDTH)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.fill_(1.0)  # all perceptrons alike, so only what is dropped sets them apart
        found = outputs_of(list(made.train()), x.abs())  # type: ignore[arg-type]
        assert not torch.equal(found[:, 0], found[:, 1])
        kept = outputs_of(list(made.eval()), x.abs())  # type: ignore[arg-type]
    assert torch.equal(kept[:, 0], kept[:, 1])


def test_linear_layers_side_by_side_are_each_of_them() -> None:
    layers, x = [nn.Linear(WIDTH, width, bias=False) for width in (2, 4)], torch.randn(7, WIDTH)
    torch.testing.assert_close(linear_side_by_side(layers, x), torch.cat([layer(x) for layer in layers], dim=1))


def test_a_mixture_is_the_softmax_of_its_gate_and_leaves_out_what_lies_at_minus_infinity() -> None:
    logits, experts = torch.randn(7, 2, NUM), torch.randn(7, NUM, 4, requires_grad=True)
    logits[:, 1, 0] = -torch.inf
    first, second = mixed(logits, experts)
    weights = torch.softmax(logits[:, 0], dim=1).unsqueeze(2)
    torch.testing.assert_close(first, (weights * experts).sum(dim=1))
    (gradient,) = torch.autograd.grad(second.sum(), experts)
    assert not gradient[:, 0].any()
    assert gradient[:, 1:].all()


@pytest.mark.parametrize("widths", [[6], [6, 4]])
def test_a_trunk_compiles_as_one_graph(widths: list[int]) -> None:
    torch.compiler.reset()
    trunk = MMoEConfig(num_experts=NUM, expert=MlpConfig(widths=tuple(widths))).build(WIDTH, 2)
    x = torch.randn(FEWEST_ROWS, WIDTH)
    expected = trunk.split(trunk.common(x), x)
    run = torch.compile(lambda x: trunk.split(trunk.common(x), x), backend="eager", fullgraph=True)
    for found, each in zip(run(x), expected, strict=True):
        torch.testing.assert_close(found, each)
    torch.compiler.reset()
