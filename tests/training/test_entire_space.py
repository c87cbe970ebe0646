"""Entire-space conversion: its losses, where their gradients stop, and what clicked rows then stand for."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import expit
from torch import Tensor

from models.checkpoint import load_checkpoint
from models.config import ModelConfig
from models.heads import BinaryTask
from models.network import Network
from tests.models.tiny import TASKS, config, encoder, from_rows, rows, statistics
from tests.training.worlds import silent, small_config
from training.config import Config
from training.data.batches import TrainingBatch
from training.entire_space import entire_space_loss, joint_label, product_loss, row_weights
from training.evaluation.calibrate_platt import fit_platt
from training.objective import task_losses
from training.pipeline import run, save
from training.report.words import task_words

NAN = float("nan")


def tiny(**space: Any) -> ModelConfig:
    """The tiny model, its task `buy` learned over the entire space; it reads nothing, so only the loss is shared."""
    click, dwell, buy = TASKS
    return config(tasks=[click, dwell, {**buy, "reads": [], "observed_when": "click", "entire_space": space}])


def network(**space: Any) -> Network:
    torch.manual_seed(0)
    return Network(tiny(**space), encoder(), statistics())


def buy(net: Network) -> BinaryTask:
    task = net.graph.tasks["buy"]
    assert isinstance(task, BinaryTask)
    return task


def batch(num_rows: int = 400, seed: int = 0) -> TrainingBatch:
    torch.manual_seed(seed)
    click = (torch.rand(num_rows) < 0.4).float()
    bought = torch.where(click > 0, (torch.rand(num_rows) < 0.3).float(), NAN)
    labels = {"click": click, "buy": bought, "dwell": torch.full((num_rows,), NAN)}
    return TrainingBatch(encoder().encode(from_rows(config(), rows(num_rows)), num_rows), labels)


def outputs(click: Tensor, conversion: Tensor) -> dict[str, Tensor]:
    return {"click": click.unsqueeze(1), "buy": conversion.unsqueeze(1)}


def gradient_of_click(**space: Any) -> list[Tensor | None]:
    """Gradients of the loss of `buy` with respect to the own parameters of click's head."""
    net, given = network(**space), batch()
    loss = task_losses(net, net(given.inputs), given.labels)["buy"]
    assert any(
        found.any() for found in torch.autograd.grad(loss, list(net.head("buy").parameters()), retain_graph=True)
    )
    return list(torch.autograd.grad(loss, list(net.head("click").parameters()), allow_unused=True))


class TestGradient:
    @pytest.mark.parametrize("correction", ["ips", "calibration", "none"])
    def test_of_the_read_head_is_exactly_zero_behind_the_stop(self, correction: str) -> None:
        found = gradient_of_click(correction=correction, stop_gradient=True)
        assert all(gradient is None or not gradient.any() for gradient in found)

    @pytest.mark.parametrize("correction", ["ips", "none"])
    def test_is_not_without_it(self, correction: str) -> None:
        found = gradient_of_click(correction=correction, stop_gradient=False)
        assert any(gradient is not None and gradient.any() for gradient in found)

    def test_never_flows_through_a_weight(self) -> None:
        """An open product leaves ips with exactly half of what plain ESMM sends back: nothing comes by the weights."""
        ips, plain = (gradient_of_click(correction=c, stop_gradient=False) for c in ("ips", "none"))
        for one, two in zip(ips, plain, strict=True):
            assert one is not None
            assert two is not None
            assert torch.allclose(2 * one, two, rtol=1e-5, atol=1e-9)


class TestLoss:
    @pytest.mark.parametrize("correction", ["ips", "calibration", "none"])
    def test_base_rates_cost_exactly_one_on_rows_with_those_rates(self, correction: str) -> None:
        """Click 10%, and 3% of the clicked buy: so are the statistics of the tiny model."""
        net = network(correction=correction)
        click = (torch.arange(10_000) < 1_000).float()
        bought = torch.where(click > 0, (torch.arange(10_000) < 30).float(), NAN)
        labels = {"click": click, "buy": bought}
        loss = entire_space_loss(net, buy(net), outputs(torch.zeros(10_000), torch.zeros(10_000)), labels)
        assert loss is not None
        assert loss.item() == pytest.approx(1, rel=1e-5)

    def test_equal_propensities_give_the_ordinary_loss_beside_the_product(self) -> None:
        net, plain = network(), network(correction="none")
        given = batch()
        logits = outputs(torch.full((400,), 0.7), torch.randn(400))
        corrected = entire_space_loss(net, buy(net), logits, given.labels)
        product = entire_space_loss(plain, buy(plain), logits, given.labels)
        seen = ~given.labels["buy"].isnan()
        ordinary = net.head("buy").loss(logits["buy"][seen], given.labels["buy"][seen]).mean()
        assert corrected is not None
        assert product is not None
        assert corrected.item() == pytest.approx((product.item() + ordinary.item()) / 2, rel=1e-5)

    def test_for_the_calibration_alone_it_is_the_ordinary_one(self) -> None:
        net, given = network(correction="calibration"), batch()
        logits, seen = outputs(torch.randn(400), torch.randn(400)), ~given.labels["buy"].isnan()
        ordinary = net.head("buy").loss(logits["buy"][seen], given.labels["buy"][seen]).mean()
        found = entire_space_loss(net, buy(net), logits, given.labels)
        assert found is not None
        assert found.item() == pytest.approx(ordinary.item())
        assert row_weights(net, "buy", logits, seen) is not None

    def test_a_sure_click_leaves_the_cross_entropy_of_the_conversion(self) -> None:
        conversion, joint = torch.randn(100), (torch.rand(100) < 0.5).float()
        ordinary = torch.nn.functional.binary_cross_entropy_with_logits(conversion, joint, reduction="none")
        assert torch.allclose(product_loss(torch.full((100,), 80.0), conversion, joint), ordinary, atol=1e-6)

    def test_the_product_is_that_of_the_probabilities(self) -> None:
        click, conversion = torch.randn(2, 200, dtype=torch.float64)
        joint = (torch.rand(200) < 0.5).double()
        p = torch.sigmoid(click) * torch.sigmoid(conversion)
        direct = -(joint * p.log() + (1 - joint) * (1 - p).log())
        assert torch.allclose(product_loss(click, conversion, joint), direct)

    @pytest.mark.parametrize("click", [-80.0, 0.0, 80.0])
    @pytest.mark.parametrize("conversion", [-80.0, 0.0, 80.0])
    @pytest.mark.parametrize("joint", [0.0, 1.0])
    def test_far_logits_stay_finite_in_value_and_gradient(self, click: float, conversion: float, joint: float) -> None:
        logits = torch.tensor([click, conversion], requires_grad=True)
        loss = product_loss(logits[:1], logits[1:], torch.tensor([joint]))
        (gradient,) = torch.autograd.grad(loss.sum(), logits)
        assert torch.isfinite(loss).all()
        assert torch.isfinite(gradient).all()
        wrong = min(click, conversion) == -80 if joint else click == conversion == 80
        assert (loss.item() > 70) == wrong
        assert bool(gradient.any()) or loss.item() < 1e-30

    def test_the_joint_label_is_known_wherever_a_missing_click_decides_it(self) -> None:
        click = torch.tensor([0.0, 0.0, 1.0, 1.0, 1.0, NAN])
        conversion = torch.tensor([NAN, 1.0, 0.0, 1.0, NAN, NAN])
        expected = torch.tensor([0.0, 0.0, 0.0, 1.0, NAN, NAN])
        assert torch.allclose(joint_label(click, conversion), expected, equal_nan=True)

    def test_rows_without_a_click_say_something_and_rows_without_labels_nothing(self) -> None:
        net = network()
        logits = outputs(torch.zeros(3), torch.zeros(3))
        unclicked = {"click": torch.zeros(3), "buy": torch.full((3,), NAN)}
        assert entire_space_loss(net, buy(net), logits, unclicked) is not None
        assert entire_space_loss(net, buy(net), logits, {name: torch.full((3,), NAN) for name in unclicked}) is None


class TestWeights:
    def test_are_the_click_rate_over_the_probability_and_no_more_than_the_largest(self) -> None:
        net = network(largest_weight=4.0)
        probability = torch.tensor([0.2, 0.1, 0.05, 0.001])
        logits = outputs(torch.logit(probability) - torch.logit(torch.tensor(0.1)), torch.zeros(4))
        weights = row_weights(net, "buy", logits, torch.ones(4, dtype=torch.bool))
        assert weights is not None
        assert torch.allclose(weights, torch.tensor([0.5, 1.0, 2.0, 4.0]), atol=1e-4)

    def test_are_none_for_plain_esmm_and_for_other_tasks(self) -> None:
        logits = outputs(torch.zeros(2), torch.zeros(2))
        assert row_weights(network(correction="none"), "buy", logits, torch.arange(2)) is None
        assert row_weights(network(), "click", logits, torch.arange(2)) is None

    def test_let_clicked_rows_stand_for_all_in_the_loss(self) -> None:
        """The weighted loss over clicked rows is the loss over all rows, had their label been seen."""
        random = np.random.default_rng(0)
        interest = random.normal(0, 1, 400_000)
        chance, converts = expit(-2 + interest), (random.random(400_000) < expit(-1 + interest)).astype(float)
        clicked = random.random(400_000) < chance
        net = network(largest_weight=1e6)
        base = float(np.log(0.1 / 0.9))
        logits = outputs(torch.from_numpy(-2 + interest - base).float(), torch.from_numpy(0.3 * interest).float())
        weights = row_weights(net, "buy", logits, torch.from_numpy(clicked))
        assert weights is not None
        cost = net.head("buy").loss(logits["buy"], torch.from_numpy(converts).float())
        weighted = (weights * cost[clicked]).sum() / weights.sum()
        assert weighted.item() == pytest.approx(cost.mean().item(), rel=0.02)
        assert cost[clicked].mean().item() > 1.2 * cost.mean().item()

    def test_make_calibrated_totals_agree_over_all_rows(self) -> None:
        """Clicked rows convert more often than all rows at the same logit would suggest to a head that is too flat."""
        random = np.random.default_rng(0)
        interest = random.normal(0, 1, 400_000)
        chance, converts = expit(-2 + interest), random.random(400_000) < expit(-1 + interest)
        clicked = random.random(400_000) < chance
        timid, label = np.full(clicked.sum(), -1.0), converts[clicked].astype(float)
        plain, weighted = fit_platt(timid, label), fit_platt(timid, label, 1 / chance[clicked])
        totals = [expit(found.slope * -1.0 + found.intercept) for found in (plain, weighted)]  # type: ignore[union-attr]
        assert totals[1] == pytest.approx(converts.mean(), rel=0.02)
        assert totals[0] > 1.3 * converts.mean()

    def test_of_one_everywhere_calibrate_as_none_would(self) -> None:
        random = np.random.default_rng(0)
        logit = random.normal(-1, 1, 2_000)
        label = (random.random(2_000) < expit(0.8 * logit)).astype(float)
        plain, weighted = fit_platt(logit, label), fit_platt(logit, label, np.full(2_000, 7.0))
        assert weighted.model_dump() == pytest.approx(plain.model_dump())


def over_entire_space(path: Path) -> Config:
    raw = small_config(path).model_dump()
    raw["tasks"][2]["entire_space"] = {"correction": "ips"}
    return Config.model_validate(raw)


class TestRun:
    def test_a_run_serves_what_it_evaluated(self, world: Path, tmp_path: Path) -> None:
        finished = run(over_entire_space(world), silent())
        for looked in finished.trained.history.validations:
            assert 0.5 < looked.losses["conversion"] < 1.5
        stored = load_checkpoint(save(finished, tmp_path, {}))[0]
        reader, window = finished.prepared.reader, finished.prepared.windows.test
        served = [stored.predict(chunk.features, chunk.num_rows)["conversion"] for chunk in reader.chunks(window)]
        assert np.array_equal(np.concatenate(served), finished.scored.predictions["conversion"].astype(np.float32))

    def test_the_bias_where_nothing_was_clicked_is_measured_against_the_truth(self, world: Path) -> None:
        finished = run(small_config(world), silent())
        unclicked = finished.scored.labels["click"] == 0
        predicted = finished.scored.predictions["conversion"][unclicked].mean()
        true = finished.scored.extra["true_conversion"].to_numpy()[unclicked].mean()
        metrics = {name: task.metrics for name, task in finished.evaluation.tasks.items()}
        assert metrics["conversion"]["unobserved_bias"] == pytest.approx(predicted / true - 1)
        assert "unobserved_bias" in metrics["dwell"]
        assert "unobserved_bias" not in metrics["click"]

    def test_the_report_says_so(self, world: Path) -> None:
        words = task_words(over_entire_space(world).tasks[2])
        assert "learns over the entire space from the product of click and conversion (stop-gradient to click)" in words
        assert "and from rows with click weighted by inverse propensity, at most 10." in words
