"""Progressive layered extraction: which experts reach which task, counted by gradients, and the equations of CGC."""

import pytest
import torch
from torch import Tensor

from models.trunks import Ple, PleConfig

TASKS, WIDTH = 3, 5


def built(num_layers: int, num_task_experts: int = 1, num_shared_experts: int = 1) -> Ple:
    config = PleConfig.model_validate(
        {
            "kind": "ple",
            "num_layers": num_layers,
            "num_task_experts": num_task_experts,
            "num_shared_experts": num_shared_experts,
            "expert": {"widths": [4], "activation": "gelu"},
        }
    )
    return config.build(WIDTH, TASKS)


def represented(trunk: Ple, x: Tensor) -> list[Tensor]:
    return trunk.split(trunk.common(x), x)


def reached(trunk: Ple, layer: int, branch: int) -> list[set[int]]:
    """By expert of a branch in a layer, the tasks whose representation it has a part in."""
    x, found = torch.randn(16, WIDTH), []
    for expert in trunk.layers[layer].experts[branch]:
        weight = expert.layers[0].weight
        found.append({task for task, each in enumerate(represented(trunk, x)) if is_reached(weight, each)})
    return found


def is_reached(weight: Tensor, representation: Tensor) -> bool:
    loss = representation.square().sum()
    (gradient,) = torch.autograd.grad(loss, [weight], retain_graph=True, allow_unused=True)
    return gradient is not None and bool(gradient.any())


ALL = set(range(TASKS))


class TestWhoReachesWhom:
    @pytest.mark.parametrize("num_layers", [1, 2, 3])
    def test_in_the_top_layer_a_tasks_experts_reach_it_alone_and_shared_ones_all(self, num_layers: int) -> None:
        trunk = built(num_layers, num_task_experts=2, num_shared_experts=2)
        for task in range(TASKS):
            assert reached(trunk, num_layers - 1, task) == [{task}] * 2
        assert reached(trunk, num_layers - 1, TASKS) == [ALL] * 2

    @pytest.mark.parametrize(("num_layers", "layer"), [(2, 0), (3, 0), (3, 1)])
    def test_below_the_top_every_expert_reaches_every_task(self, num_layers: int, layer: int) -> None:
        """The shared gate mixes all experts of its layer: with shared ones alone, a task's would reach it alone."""
        trunk = built(num_layers)
        for branch in range(TASKS + 1):
            assert reached(trunk, layer, branch) == [ALL]

    def test_gates_mix_what_they_may_and_the_top_has_no_shared_one(self) -> None:
        trunk = built(num_layers=2, num_task_experts=2, num_shared_experts=3)
        lower, top = ([gate.out_features for gate in layer.gates] for layer in trunk.layers)
        assert lower == [5, 5, 5, 3 * 2 + 3]
        assert top == [5, 5, 5]

    def test_a_gate_reads_what_its_own_branch_mixed_below(self) -> None:
        """A task's lower gate reaches its own top gate and experts, and no other task's."""
        trunk, x = built(num_layers=2), torch.randn(16, WIDTH)
        for task, gate in enumerate(trunk.layers[0].gates[:TASKS]):
            found = [number for number, each in enumerate(represented(trunk, x)) if is_reached(gate.weight, each)]
            assert found == [task]


def test_one_layer_is_customised_gate_control() -> None:
    """Equations 1 to 4 by hand."""
    trunk, x = built(num_layers=1, num_task_experts=2, num_shared_experts=1), torch.randn(9, WIDTH)
    (layer,) = trunk.layers
    for task, found in enumerate(represented(trunk, x)):
        experts = [expert(x) for expert in (*layer.experts[task], *layer.experts[TASKS])]
        weights = torch.softmax(x @ layer.gates[task].weight.T, dim=1)
        expected = sum(weights[:, [number]] * expert for number, expert in enumerate(experts))
        torch.testing.assert_close(found, expected)


def test_all_that_the_tasks_share_is_where_their_gradients_are_compared() -> None:
    """Nothing goes around it: with it held fast, the input changes no representation."""
    trunk, x = built(num_layers=3), torch.randn(9, WIDTH)
    common = trunk.common(x)
    for found, expected in zip(trunk.split(common, torch.randn_like(x)), trunk.split(common, x), strict=True):
        assert torch.equal(found, expected)
