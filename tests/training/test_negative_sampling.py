"""Training on some of the negatives: the same answers in expectation, from fewer rows."""

import itertools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.errors import ConfigError
from models.heads import BinaryHead, BinaryStatistics
from models.network import Network
from tests.models import tiny
from tests.training.small import config, frame, write_days
from tests.training.test_batches import ONLY_ROWS, encoder, reader, rows, rows_of, windows_of
from tests.training.worlds import silent, small_config
from training.config import Config
from training.data.batches import BatchStream, TrainingBatch, sampled
from training.evaluation.scored import score_window
from training.negative_sampling import NegativeSampling
from training.objective import in_unit, observed_shares, task_losses
from training.pipeline import Prepared, fit, prepare, total_steps
from training.rates.start import Start

SAMPLING = NegativeSampling(task="click", keep=0.25)
NUM_ROWS = 9
ENTIRE = [
    {"name": "click", "kind": "binary", "label": "clicked"},
    {"name": "dwell", "kind": "duration", "label": "seconds", "observed_when": "click"},
    {"name": "buy", "kind": "binary", "label": "bought", "observed_when": "click"},
]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The training window is its first 100 rows."""
    return write_days(tmp_path_factory.mktemp("log"), frame(), row_group_size=8)


def network(**changes: Any) -> Network:
    model = tiny.config(**changes)
    return Network(model, tiny.encoder(model), tiny.statistics())


def labels(click: Tensor) -> dict[str, Tensor]:
    """Dwell and buy count everywhere; only a few rows have no click label."""
    click = click.clone()
    click[::4] = torch.nan
    return {"click": click, "dwell": torch.rand(len(click)) * 60, "buy": (torch.rand(len(click)) < 0.4).float()}


def outputs_of(made: Network, num_rows: int) -> dict[str, Tensor]:
    return {name: torch.randn(num_rows, made.head(name).num_outputs) for name in made.graph.tasks}


def every_sample(given: Mapping[str, Tensor]) -> list[tuple[float, Tensor]]:
    """Each set of rows that can be kept, with its probability."""
    negatives = (given["click"] == 0).nonzero()[:, 0].tolist()
    found = []
    for kept in itertools.product((True, False), repeat=len(negatives)):
        mask = torch.ones(len(given["click"]), dtype=torch.bool)
        mask[[row for row, stays in zip(negatives, kept, strict=True) if not stays]] = False
        found.append((math.prod(SAMPLING.keep if stays else 1 - SAMPLING.keep for stays in kept), mask))
    return found


class TestLoss:
    @pytest.mark.parametrize("name", ["dwell", "buy"])
    def test_the_gradient_of_another_task_is_the_full_one_in_expectation(self, name: str) -> None:
        made, given = network(), labels((torch.rand(NUM_ROWS) < 0.4).float())
        head, values = made.head(name), torch.randn(NUM_ROWS, made.head(name).num_outputs)

        def gradient(rows: Tensor, weight: Tensor) -> Tensor:
            """Of the sum that the mean is made of."""
            output = values[rows].clone().requires_grad_()
            (SAMPLING.mean_loss(head, output, given[name][rows], weight) * weight.sum()).backward()
            whole = torch.zeros_like(values)
            whole[rows] = output.grad if output.grad is not None else torch.nan
            return whole

        weights = SAMPLING.weights(given)
        expected = sum(chance * gradient(rows, weights[rows]) for chance, rows in every_sample(given))
        assert isinstance(expected, Tensor)
        torch.testing.assert_close(expected, gradient(torch.ones(NUM_ROWS).bool(), torch.ones(NUM_ROWS)))

    def test_the_correction_is_that_of_the_paper(self) -> None:
        head = network().head("click")
        assert isinstance(head, BinaryHead)
        output, label = torch.randn(50, 1), torch.randint(0, 2, (50,)).float()
        loss = SAMPLING.mean_loss(head, output, label, torch.ones(50)) * SAMPLING.base_loss(head)
        whole = torch.sigmoid(output[:, 0] + head.base_logit).double()
        sampled_space = whole / (whole + (1 - whole) * SAMPLING.keep)
        torch.testing.assert_close(loss.double(), nn.functional.binary_cross_entropy(sampled_space, label.double()))
        back = sampled_space / (sampled_space + (1 - sampled_space) / SAMPLING.keep)
        torch.testing.assert_close(back, whole)

    def test_an_output_of_zero_costs_one(self) -> None:
        made = network()
        head = made.head("click")
        rate = tiny.statistics()["click"]
        assert isinstance(rate, BinaryStatistics)
        num_negatives = round(1000 * (1 - rate.rate) * SAMPLING.keep)
        label = torch.cat([torch.ones(round(1000 * rate.rate)), torch.zeros(num_negatives)])
        loss = SAMPLING.mean_loss(head, torch.zeros(len(label), 1), label, torch.ones(len(label)))
        assert loss.item() == pytest.approx(1, rel=1e-5)

    def test_in_the_labels_unit_it_is_the_log_loss_of_the_kept_rows(self) -> None:
        made, given = network(), labels((torch.rand(40) < 0.4).float())
        outputs = outputs_of(made, 40)
        losses = in_unit(made, task_losses(made, outputs, given, SAMPLING), "label", SAMPLING)
        seen = ~given["click"].isnan()
        logit = outputs["click"][seen, 0] + made.head("click").base_logit - math.log(SAMPLING.keep)
        expected = nn.functional.binary_cross_entropy_with_logits(logit, given["click"][seen])
        torch.testing.assert_close(losses["click"], expected)

    def test_a_task_that_counts_at_positives_only_does_not_notice(self) -> None:
        made, click = network(), (torch.rand(40) < 0.4).float()
        given = labels(click) | {"dwell": torch.where(click == 1, torch.rand(40) * 60, torch.nan)}
        outputs = outputs_of(made, 40)
        thinned, whole = task_losses(made, outputs, given, SAMPLING), task_losses(made, outputs, given)
        torch.testing.assert_close(thinned["dwell"], whole["dwell"])
        assert thinned["buy"] != whole["buy"]

    def test_keeping_all_changes_nothing(self) -> None:
        made, given = network(), labels((torch.rand(40) < 0.4).float())
        outputs, everything = outputs_of(made, 40), NegativeSampling(task="click", keep=1.0)
        whole = task_losses(made, outputs, given)
        for name, loss in task_losses(made, outputs, given, everything).items():
            torch.testing.assert_close(loss, whole[name])
        shares = observed_shares(made, given)
        assert observed_shares(made, given, everything) == pytest.approx(shares)

    def test_shares_are_those_of_the_whole_log(self) -> None:
        click = (torch.arange(100) < 10).float()
        given = {"click": click, "dwell": torch.where(click == 1, 3.0, torch.nan), "buy": click}
        whole = observed_shares(network(), given)
        kept = torch.cat([torch.arange(10), torch.arange(10, 98, 4)])  # 22 of 90 negatives, nearly a quarter
        thinned = observed_shares(network(), {name: label[kept] for name, label in given.items()}, SAMPLING)
        assert thinned["dwell"] == pytest.approx(whole["dwell"], rel=0.03)

    @pytest.mark.parametrize("correction", ["ips", "none", "calibration"])
    @pytest.mark.parametrize("task", ["click", "buy"])
    def test_over_the_entire_space_a_kept_row_counts_for_those_left_out(self, correction: str, task: str) -> None:
        """Four copies of every negative, all kept, are one of them at a share of a quarter."""
        tasks = [*ENTIRE[:2], {**ENTIRE[2], "entire_space": {"correction": correction}}]
        made, sampling = network(tasks=tasks), NegativeSampling(task=task, keep=0.25)
        click = (torch.arange(30) < 12).float()
        given = {
            "click": click,
            "dwell": torch.full((30,), torch.nan),
            "buy": torch.where(click == 1, (torch.arange(30) % 3 == 0).float(), torch.nan),
        }
        outputs = outputs_of(made, 30)
        copies = torch.where(given[task] == 0, 4, 1)
        fourfold = {name: torch.repeat_interleave(values, copies, dim=0) for name, values in outputs.items()}
        repeated = {name: label.repeat_interleave(copies) for name, label in given.items()}
        thinned = task_losses(made, outputs, given, sampling)["buy"]
        torch.testing.assert_close(thinned, task_losses(made, fourfold, repeated)["buy"])


def test_a_constant_recovers_the_rate_of_the_whole_log() -> None:
    """Rate 2%, a tenth of the negatives: what has learned nothing but a level answers 2%."""
    random = np.random.default_rng(0)
    sampling = NegativeSampling(task="click", keep=0.1)
    made = network()
    head = made.head("click")
    label = torch.from_numpy((random.random(200_000) < 0.02).astype(np.float32))
    kept = label[sampling.kept({"click": label}, random)]
    assert len(kept) < 0.15 * len(label)
    level = torch.zeros(1, 1, requires_grad=True)
    optimizer = torch.optim.LBFGS([level], max_iter=50)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = sampling.mean_loss(head, level.expand(len(kept), 1), kept, torch.ones(len(kept)))
        loss.backward()
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    assert torch.sigmoid(level + head.base_logit).item() == pytest.approx(label.mean().item(), rel=0.01)


class TestStream:
    @staticmethod
    def stream(log: Path, sampling: NegativeSampling | None, seed: int = 0, shuffle_rows: int = 30) -> BatchStream:
        return BatchStream(rows(log, 8), batch_size=16, shuffle_rows=shuffle_rows, seed=seed, sampling=sampling)

    @staticmethod
    def rows(batches: list[TrainingBatch]) -> list[int]:
        return [row for batch in batches for row in rows_of(batch)]

    def test_all_positives_and_some_negatives_once(self, log: Path) -> None:
        clicked = frame().clicked[:100]
        found = list(self.stream(log, SAMPLING).epoch(0))
        kept = self.rows(found)
        assert len(set(kept)) == len(kept)
        assert set(np.flatnonzero(clicked)) <= set(kept)
        negatives = len(kept) - int(clicked.sum())
        assert 0 < negatives < 0.5 * (clicked == 0).sum()
        assert all(batch.sampling == SAMPLING for batch in found)
        assert all(0 < len(batch) <= 16 for batch in found)

    def test_seed_and_epoch_choose(self, log: Path) -> None:
        one = self.rows(list(self.stream(log, SAMPLING).epoch(0)))
        assert self.rows(list(self.stream(log, SAMPLING).epoch(0))) == one
        assert set(self.rows(list(self.stream(log, SAMPLING).epoch(1)))) != set(one)
        assert set(self.rows(list(self.stream(log, SAMPLING, seed=1).epoch(0)))) != set(one)

    @pytest.mark.parametrize("shuffle_rows", [1, 16, 30, 1_000])
    def test_nothing_is_lost_however_small_the_pool(self, log: Path, shuffle_rows: int) -> None:
        rare = NegativeSampling(task="click", keep=1e-9)
        kept = self.rows(list(self.stream(log, rare, shuffle_rows=shuffle_rows).epoch(0)))
        assert sorted(kept) == np.flatnonzero(frame().clicked[:100]).tolist()

    def test_keeping_all_is_the_same_stream_bit_for_bit(self, log: Path) -> None:
        data = config(log).data.model_copy(update={"negative_sampling": NegativeSampling(task="click", keep=1.0)})
        assert data.sampling is None
        pairs = zip(self.stream(log, data.sampling).epoch(3), self.stream(log, None).epoch(3), strict=True)
        for one, other in pairs:
            assert torch.equal(one.inputs.numerics, other.inputs.numerics)
            assert one.sampling is None

    def test_validation_sees_all_rows(self, log: Path) -> None:
        window = windows_of(log).validation
        found = sampled(reader(log, ONLY_ROWS), encoder(), window, 1_000)
        assert len(found) == window.num_rows
        assert found.sampling is None


class TestConfig:
    @staticmethod
    def with_sampling(log: Path, **settings: Any) -> Any:
        data = {**config(log).data.model_dump(), "negative_sampling": settings}
        return config(log, data=data)

    @pytest.mark.parametrize("keep", [0.0, -0.1, 1.1, math.nan])
    def test_a_share_lies_above_zero_and_at_most_at_one(self, log: Path, keep: float) -> None:
        with pytest.raises(ValueError, match="keep"):
            self.with_sampling(log, task="click", keep=keep)

    @pytest.mark.parametrize("task", ["dwell", "nobody"])
    def test_only_a_binary_task_has_negatives(self, log: Path, task: str) -> None:
        with pytest.raises((ConfigError, ValueError), match=f"found task '{task}', which is none of: click"):
            self.with_sampling(log, task=task, keep=0.1)

    def test_steps_are_counted_in_kept_rows(self, log: Path) -> None:
        thinned = prepare(self.with_sampling(log, task="click", keep=0.1), silent())
        whole = prepare(config(log), silent())
        click = thinned.data.statistics["click"]
        assert thinned.data.statistics == whole.data.statistics
        assert isinstance(click, BinaryStatistics)
        positives = round(click.rate * 100)
        assert thinned.rows_per_epoch == round(positives + 0.1 * (100 - positives))
        assert whole.rows_per_epoch == 100
        assert total_steps(thinned) <= total_steps(whole)


@pytest.fixture(scope="module")
def thinned(world: Path) -> Prepared:
    raw = small_config(world, max_epochs=2).model_dump()
    raw["data"]["negative_sampling"] = {"task": "click", "keep": 0.1}
    raw["tasks"][0]["calibration"]["by"] = "placement"
    return prepare(Config.model_validate(raw), silent())


class TestRun:
    def test_calibrated_totals_are_those_of_all_rows(self, thinned: Prepared) -> None:
        trained = fit(thinned, silent())
        assert trained.history.num_rows < 0.5 * 2 * thinned.windows.train.num_rows
        assert trained.history.num_rows == pytest.approx(2 * thinned.rows_per_epoch, rel=0.05)
        scored = score_window(trained.predictor, thinned.reader, thinned.windows.validation)
        ratio = scored.predictions["click"].sum() / scored.labels["click"].sum()
        assert ratio == pytest.approx(1, abs=0.02)
        assert trained.predictor.calibrations["click"].kind == "by_field"

    def test_a_sweep_of_rates_goes_through_the_same_rows(self, thinned: Prepared) -> None:
        batches = Start(thinned, num_steps=9).batches
        assert [len(batch) for batch in batches] == [512] * 9
        for batch in batches:
            assert batch.sampling == thinned.config.data.sampling
            assert batch.labels["click"].mean() > 2 * thinned.data.statistics["click"].rate
