"""Gradient aggregation by TorchJD on what the tasks share."""

import builtins
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torchjd.aggregation import CAGrad, Mean, PCGrad, UPGrad
from torchjd.autojac import mtl_backward

from models.encoder import PADDING
from models.errors import ConfigError, TrainingError
from models.network import Network
from tests.training.weightings import scene
from tests.training.worlds import silent, small_config
from training.objective import Objective
from training.pipeline import Prepared, fit
from training.weightings import Fixed, Gradients, GradientsConfig
from training.weightings.pulls import pulls
from training.weightings.torchjd_methods import Method, library_method

METHODS: tuple[Method, ...] = (
    "upgrad", "dual_proj", "pcgrad", "cagrad", "aligned_mtl", "mgda", "fairgrad", "mean",
)  # fmt: skip
TASKS = dict.fromkeys(("click", "dwell", "conversion"))
SHARED_BOTTOM = {"kind": "shared_bottom", "mlp": {"widths": [16]}}


def weighting(method: Method = "upgrad") -> Gradients:
    return Gradients(TASKS, method, library_method(method, 0.4))


def left_by(which: Gradients | Fixed, network: Network, rows: Any, factors: dict[str, float] | None = None) -> dict:
    network.zero_grad()
    which.backward(scene.objective(network, rows, factors))
    return scene.gradients(network)


def parts(gradients: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Of the heads, and of what they share."""
    heads = {name: value for name, value in gradients.items() if name.startswith("heads.")}
    return heads, {name: value for name, value in gradients.items() if name not in heads}


@pytest.mark.parametrize("trunk", [None, SHARED_BOTTOM], ids=["mmoe", "shared_bottom"])
@pytest.mark.parametrize("stop_gradient", [True, False])
def test_with_the_mean_it_is_equal_weights(prepared: Prepared, trunk: dict[str, Any], stop_gradient: bool) -> None:
    network, rows = scene.network(prepared, trunk=trunk, stop_gradient=stop_gradient), scene.batch(prepared)
    equal = left_by(Fixed(dict.fromkeys(TASKS, 1.0)), network, rows)
    torch.testing.assert_close(left_by(weighting("mean"), network, rows), equal)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("stop_gradient", [True, False])
def test_every_method_gives_heads_their_own_gradient_and_the_rest_the_weighted_one(
    prepared: Prepared, method: Method, stop_gradient: bool
) -> None:
    network, rows = scene.network(prepared, stop_gradient=stop_gradient), scene.batch(prepared)
    joined = weighting(method)
    heads, shared = parts(left_by(joined, network, rows))
    own, _ = parts(left_by(Fixed(dict.fromkeys(TASKS, 1.0)), network, rows))
    _, weighted = parts(left_by(Fixed(joined.weights()), network, rows))
    torch.testing.assert_close(heads, own)
    torch.testing.assert_close(shared, weighted)


@pytest.mark.parametrize("aggregator", [UPGrad(), PCGrad(), CAGrad(c=0.4)], ids=["upgrad", "pcgrad", "cagrad"])
def test_it_is_the_librarys_aggregation_of_the_exact_jacobian(prepared: Prepared, aggregator: Any) -> None:
    """Of the losses by the trunk's output, handed down through trunk and embeddings."""
    network, rows = scene.network(prepared, trunk=SHARED_BOTTOM), scene.batch(prepared)
    method = type(aggregator).__name__.lower()
    torch.manual_seed(1)
    _, ours = parts(left_by(weighting(method), network, rows))
    network.zero_grad()
    seen = scene.objective(network, rows)
    jacobian = pulls(seen).double()
    torch.manual_seed(1)  # PCGrad goes through the tasks in a random order
    joined = aggregator(jacobian / jacobian.norm()) * jacobian.norm()
    seen.common.backward((joined.to(seen.common) * (1 if method == "pcgrad" else 3)).view_as(seen.common))
    _, theirs = parts(scene.gradients(network))
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-7)


def test_it_leaves_what_the_librarys_own_backward_leaves(prepared: Prepared) -> None:
    network, rows = scene.network(prepared, trunk=SHARED_BOTTOM), scene.batch(prepared)
    ours = left_by(weighting("mean"), network, rows)
    network.zero_grad()
    network.eval()  # the library knows no sparse gradients, which the table has in training
    seen = scene.objective(network, rows)
    mtl_backward(list(seen.losses.values()), seen.common, parallel_chunk_size=1)
    heads, shared = parts(ours)
    for name, parameter in network.named_parameters():
        if name in heads:
            torch.testing.assert_close(heads[name], parameter.grad)
        elif name in shared:
            mean = Mean()(parameter.jac.flatten(1)).view_as(parameter)
            if name == "embeddings.table":
                mean[PADDING] = 0.0  # a plain table does not know that this row never moves
            torch.testing.assert_close(shared[name], 3 * mean)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_size_of_all_losses_changes_no_weight(method: Method, scale: float) -> None:
    """A mean over thousands of rows has gradients that the library alone would take for zero."""
    rows = torch.randn(3, 40, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    gramian = rows @ rows.T
    joined = weighting(method)
    torch.manual_seed(0)
    plain = joined._joined(gramian)
    torch.manual_seed(0)
    torch.testing.assert_close(joined._joined(scale**2 * gramian), plain, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("method", ["upgrad", "dual_proj", "mgda"])
def test_a_step_against_the_joined_gradient_raises_no_loss(method: Method) -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        rows = 1e-5 * torch.randn(3, 4, generator=generator, dtype=torch.float64)
        step = weighting(method)._joined(rows @ rows.T) @ rows
        slopes = rows @ step / (rows.norm(dim=1) * rows.norm())
        assert slopes.min() > -1e-2


@pytest.mark.parametrize("method", METHODS)
def test_tasks_that_agree_wholly_move_what_they_share_as_equal_weights_do(method: Method) -> None:
    """Which of three equal gradients counts is nothing; how much they count together is 3, and CAGrad's c more."""
    weights = weighting(method)._joined(torch.full((3, 3), 0.2, dtype=torch.float64))
    assert weights.min() >= 0
    assert weights.sum().item() == pytest.approx(3 * (1.4 if method == "cagrad" else 1.0), rel=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_where_no_task_pulls_all_weights_are_one(method: Method) -> None:
    assert weighting(method)._joined(torch.zeros(2, 2, dtype=torch.float64)).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("method", METHODS)
def test_a_task_without_a_loss_in_the_batch_has_no_part(prepared: Prepared, method: Method) -> None:
    network, rows = scene.network(prepared), scene.batch(prepared)
    joined = weighting(method)
    left = left_by(joined, network, rows, factors={"conversion": 0.0})
    assert not [name for name in left if name.startswith("heads.conversion")]
    assert joined.weights()["conversion"] == 1.0
    alone = left_by(weighting(method), network, rows, factors={"conversion": 0.0, "dwell": 0.0})
    assert any(value.any() for value in parts(alone)[1].values())


def test_a_table_keeps_its_sparse_gradient(prepared: Prepared) -> None:
    network, rows = scene.network(prepared), scene.batch(prepared)
    weighting().backward(scene.objective(network, rows))
    assert network.embeddings.table.grad is not None
    assert network.embeddings.table.grad.is_sparse


def test_weights_that_are_not_finite_stop_the_run() -> None:
    broken = Gradients(TASKS, "upgrad", lambda gramian: torch.full((len(gramian),), float("nan")))
    with pytest.raises(TrainingError, match="found none: found"):
        broken._joined(torch.eye(2))


def test_a_solver_that_fails_stops_the_run() -> None:
    def fails(gramian: Tensor) -> Tensor:
        raise ValueError("no solution")

    with pytest.raises(TrainingError, match="no solution"):
        Gradients(TASKS, "upgrad", fails)._joined(torch.eye(2))


def test_without_the_library_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("torchjd"):
            raise ImportError("No module named 'torchjd'")
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"threefold\[aggregation\]"):
        GradientsConfig(kind="gradients").build({})


def test_training_with_it_learns_and_tells_its_weights(prepared: Prepared) -> None:
    settings = {"weighting": {"kind": "gradients", "method": "upgrad"}, "telemetry_every": 4, "max_steps": 24}
    config = small_config(prepared.config.data.path, **settings)
    history = fit(replace(prepared, config=config), silent()).history
    assert min(found.score for found in history.validations) < 1.0
    assert all(weight >= 1.0 - 1e-9 for reading in history.readings for weight in reading.weights.values())


def test_a_gradient_that_no_loss_has_is_none(prepared: Prepared) -> None:
    """A loss that does not depend on the common output pulls with nothing, and stops nothing."""
    network = scene.network(prepared)
    seen = scene.objective(network, scene.batch(prepared))
    apart = {"click": seen.losses["click"], "dwell": network.head("dwell").output.bias.square().sum()}
    weighting().backward(Objective(apart, seen.common, network))
    assert network.head("dwell").output.bias.grad is not None
