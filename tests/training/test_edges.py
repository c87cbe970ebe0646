"""What an edge is worth: zero where nothing is read, right where it is known, and not fooled by a shared trunk."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from models.heads import BinaryTask, Edge
from models.network import Handing
from models.task_graph import TaskGraph
from tests.training.chains import EDGES, batch, chained
from training.data.batches import TrainingBatch
from training.evaluation.edges import MIN_ROWS, EdgeUse, edge_uses
from training.evaluation.foreseen import fitted
from training.evaluation.influence import mean_difference
from training.evaluation.scrambler import NUM_PERMUTATIONS, _shifts

Formula = Callable[[Tensor, Tensor], Tensor]


class Planted(torch.nn.Module):
    """A network in miniature: task a's estimate is given, b's output is a formula of what b knows and of that estimate.

    Args:
        formula: (what b knows [rows, width], the estimate of a [rows, 1]) to [rows, 1].
    """

    num_members = 1

    def __init__(self, formula: Formula) -> None:
        super().__init__()
        settings = {"kind": "binary", "label": "x"}
        tasks = [{"name": "a", **settings}, {"name": "b", **settings, "reads": ["a"]}]
        self.graph = TaskGraph([BinaryTask.model_validate(task) for task in tasks])
        self.shared = SimpleNamespace(common=lambda x: x, split=lambda common, x: [x[:, :1], x[:, 1:]])
        self._formula = formula

    def embeddings(self, inputs: Tensor) -> Tensor:
        return inputs

    def after_trunk(self, representations: list[Tensor], handing: Handing) -> dict[str, Tensor]:
        estimate, known = representations
        read = handing("b", self.graph.tasks["b"].reads[0], estimate)
        return {"a": estimate, "b": self._formula(known, read)}

    def head(self, task: str) -> Any:
        return SimpleNamespace(num_outputs=1, loss=lambda output, label: (output[:, 0] - label).square())


def measured(formula: Formula, estimate: Tensor, known: Tensor, label: Tensor) -> EdgeUse:
    """The edge's use on rows with these values."""
    inputs: Any = torch.cat([estimate.unsqueeze(1), known], dim=1)
    network: Any = Planted(formula)
    (use,) = edge_uses(network, Rows(inputs, {"b": label}))
    return use


class Rows(TrainingBatch):
    """A batch whose inputs are a plain tensor."""

    def rows(self, index: Tensor) -> "Rows":
        inputs: Any = self.inputs
        return Rows(inputs[index], {name: label[index] for name, label in self.labels.items()})


def draws(num_rows: int, *names: str, seed: int = 1) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(num_rows, generator=generator) for _ in names]


class TestKnownWorth:
    def test_an_estimate_that_is_all_the_reader_has(self) -> None:
        """Squared error of a standard normal estimate that is right: another row's adds the variance twice."""
        estimate, own, noise = draws(20_000, "estimate", "own", "noise")
        use = measured(lambda known, read: read, estimate, own.unsqueeze(1), estimate + noise)
        assert use.verdict == "used"
        assert use.scrambled is not None
        assert use.told is not None
        assert use.loss == pytest.approx(0.5, abs=0.02)  # base: 2, as is: 1
        assert use.scrambled.low < 1.0 < use.scrambled.high
        assert use.scrambled.high - use.scrambled.low < 0.1
        assert 0 < 1 - use.told.mean < 0.06  # 260 columns foresee a little even of noise
        assert use.foreseen == pytest.approx(0, abs=0.06)

    def test_only_what_the_reader_does_not_know_counts_as_told(self) -> None:
        """It knows the estimate but for a tenth of its variance."""
        estimate, noise = draws(20_000, "estimate", "noise")
        blur = draws(20_000, "blur", seed=2)[0] / 3
        known = torch.stack([estimate + blur], dim=1)
        use = measured(lambda known, read: read, estimate, known, estimate + noise)
        unknown = 1 - 1 / (1 + 1 / 9)
        assert use.foreseen == pytest.approx(1 - unknown, abs=0.02)
        assert use.told is not None
        assert use.told.mean == pytest.approx(2 * unknown / 2, abs=0.02)  # in the base's 2
        assert use.verdict == "used"

    def test_a_reader_that_ignores_it_loses_exactly_nothing(self) -> None:
        estimate, own, noise = draws(1_000, "estimate", "own", "noise")
        use = measured(lambda known, read: known + 0 * read, estimate, own.unsqueeze(1), own + noise)
        assert use.verdict == "no use shown"
        for gain in (use.scrambled, use.told):
            assert gain is not None
            assert (gain.mean, gain.low, gain.high) == (0, 0, 0)

    def test_a_harmful_estimate_is_no_use(self) -> None:
        """The reader adds what it should subtract: another row's estimate is better than its own."""
        estimate, own, noise = draws(5_000, "estimate", "own", "noise")
        use = measured(lambda known, read: read, estimate, own.unsqueeze(1), -estimate + noise)
        assert use.told is not None
        assert use.told.high < 0
        assert use.verdict == "no use shown"


class TestSharedTrunk:
    """What b knows is full of a, as after a shared trunk, and b takes it off again with the help of a's estimate."""

    def test_to_cancel_is_not_to_use(self) -> None:
        estimate, own, noise = draws(20_000, "estimate", "own", "noise")
        known = torch.stack([own + estimate], dim=1)
        own_alone = torch.stack([own + estimate, 0.5 * own - estimate], dim=1)
        helped = measured(lambda known, read: known - read, estimate, known, own + noise)
        assert helped.verdict == "used"  # only with the estimate can b know its own part
        cancelled = measured(lambda known, read: known[:, :1] - read, estimate, own_alone, own + noise)
        assert cancelled.verdict == "no use shown"  # it could have known from its own two columns
        assert cancelled.scrambled is not None
        assert cancelled.scrambled.low > 0.9  # what a plain permutation would have called a use
        assert cancelled.foreseen == pytest.approx(1, abs=1e-3)

    def test_nor_where_what_it_knows_is_bent(self) -> None:
        raw, own, noise = draws(20_000, "raw", "own", "noise")
        estimate = raw.abs()
        known = torch.stack([own, raw], dim=1)
        use = measured(lambda known, read: known[:, :1] + known[:, 1:].abs() - read, estimate, known, own + noise)
        assert use.foreseen is not None
        assert use.foreseen > 0.99
        assert use.scrambled is not None
        assert use.told is not None
        assert use.told.mean < 0.02 * use.scrambled.mean

    def test_independent_tasks_are_seldom_called_users(self) -> None:
        """One interval in forty lies above zero by chance."""
        claims = 0
        for seed in range(120):
            estimate, own, noise = draws(400, "estimate", "own", "noise", seed=seed)
            known = torch.stack([own + 0.3 * estimate, own], dim=1)
            use = measured(lambda known, read: known[:, :1] - 0.25 * read, estimate, known, own + noise)
            claims += use.verdict == "used"
        assert claims <= 8


class TestIntervals:
    def test_they_cover_the_truth(self) -> None:
        """Mean of (y - x')^2 - (y - x)^2 over pairs, for y = x + noise: twice the variance of x."""
        covered, num_rows = 0, 300
        for seed in range(300):
            x, noise = (values.double() for values in draws(num_rows, "x", "noise", seed=seed))
            y = x + noise
            gains = [(shift, (y - x.roll(shift)).square() - (y - x).square()) for shift in _shifts(num_rows)]
            received = sum(gain for _, gain in gains) / NUM_PERMUTATIONS
            given = sum(gain.roll(-shift) for shift, gain in gains) / NUM_PERMUTATIONS
            interval = mean_difference(received, given)  # type: ignore[arg-type]
            covered += interval.low < 2 < interval.high
        assert 0.92 <= covered / 300 <= 0.995

    def test_who_gives_counts_as_well_as_who_receives(self) -> None:
        """The rows that receive all gain alike; all that varies is what others were given."""
        received, given = torch.ones(100, dtype=torch.float64), torch.arange(100, dtype=torch.float64)
        assert mean_difference(received, torch.ones_like(given)).high == 1
        assert mean_difference(received, given).high > 1

    @pytest.mark.parametrize("num_rows", [MIN_ROWS, 201, 8_193])
    def test_no_row_keeps_its_own_estimate_and_none_meets_the_same_twice(self, num_rows: int) -> None:
        shifts = _shifts(num_rows)
        assert len(set(shifts)) == NUM_PERMUTATIONS
        assert all(0 < shift < num_rows for shift in shifts)


class TestForeseen:
    def test_a_line_is_foreseen_whole(self) -> None:
        x = torch.stack(draws(500, "x", "y", "z"), dim=1)
        y = x @ torch.tensor([[1.0, 0.0], [-2.0, 3.0], [0.0, 0.5]]) + 7
        torch.testing.assert_close(fitted(x, y), y.double(), rtol=1e-3, atol=1e-3)

    def test_a_dead_unit_and_a_constant_do_no_harm(self) -> None:
        x = torch.stack([draws(500, "x")[0], torch.zeros(500), torch.full((500,), 3.0)], dim=1)
        assert fitted(x, x).isfinite().all()
        torch.testing.assert_close(fitted(torch.zeros(500, 2), x[:, :1]).std(), torch.zeros((), dtype=torch.float64))

    def test_little_of_noise_is_foreseen(self) -> None:
        x, y = (torch.stack(draws(8_000, *"abcdefgh", seed=seed), dim=1) for seed in (1, 2))
        assert 1 - float((y - fitted(x, y)).var() / y.var()) < 0.06


class TestNetworks:
    def test_every_edge_is_measured_in_the_order_of_the_configuration(self) -> None:
        uses = edge_uses(chained(hands_on="representation"), batch(600))
        assert [(use.reader, use.read) for use in uses] == EDGES
        assert all(use.scrambled is not None and use.told is not None for use in uses)
        assert {use.hands_on for use in uses} == {"representation"}
        json.dumps([use.to_json() for use in uses], allow_nan=False)

    def test_labels_that_the_network_itself_would_draw_make_all_estimates_count(self) -> None:
        """Where the network is the truth, every other number in place of an estimate is worse."""
        network, rows = chained(), batch(9_000)
        with torch.no_grad():
            logit = network(rows.inputs)["buy"][:, 0] + network.head("buy").base_logit
        rows.labels["buy"] = torch.bernoulli(torch.sigmoid(logit))
        for use in edge_uses(network, rows):
            if use.reader == "buy":
                assert use.verdict == "used", use

    def test_only_rows_in_which_the_label_counts_are_looked_at(self) -> None:
        network, rows = chained(), batch(700)
        uses = {use.reader: use for use in edge_uses(network, rows)}
        observed = int((~rows.labels["dwell"].isnan()).sum())
        assert (uses["dwell"].num_rows, uses["rating"].num_rows) == (observed, 700)
        counted = rows.rows(torch.nonzero(~rows.labels["dwell"].isnan())[:, 0])
        assert edge_uses(network, counted)[0].told == uses["dwell"].told

    def test_few_rows_are_not_judged(self) -> None:
        for num_rows in (0, 1, MIN_ROWS - 1):
            for use in edge_uses(chained(), batch(MIN_ROWS).rows(torch.arange(num_rows))):
                assert (use.verdict, use.loss, use.told, use.scrambled) == ("too few rows", None, None, None)
                json.dumps(use.to_json(), allow_nan=False)

    def test_it_repeats_itself_and_leaves_no_trace(self) -> None:
        network, rows = chained(), batch(400)
        weights, state = {name: t.clone() for name, t in network.state_dict().items()}, torch.get_rng_state()
        assert edge_uses(network, rows) == edge_uses(network, rows)
        assert torch.equal(torch.get_rng_state(), state)
        assert all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())
        assert all(parameter.grad is None for parameter in network.parameters())

    def test_the_order_of_the_rows_moves_the_numbers_only_within_their_intervals(self) -> None:
        network, rows = chained(), batch(3_000)
        order = torch.from_numpy(np.random.default_rng(0).permutation(3_000))
        for one, two in zip(edge_uses(network, rows), edge_uses(network, rows.rows(order)), strict=True):
            assert one.told is not None
            assert two.told is not None
            assert one.told.low < two.told.mean < one.told.high

    def test_a_reader_of_two_is_measured_edge_by_edge(self) -> None:
        """Buy's tower is made deaf to dwell: only click's edge still counts."""
        network, rows = chained(), batch(1_000)
        with torch.no_grad():
            network.head("buy").tower.layers[0].weight[:, -1] = 0.0
        uses = {(use.reader, use.read): use for use in edge_uses(network, rows)}
        deaf, other = uses["buy", "dwell"].scrambled, uses["buy", "click"].scrambled
        assert deaf is not None
        assert other is not None
        assert deaf.mean == 0
        assert other.mean != 0


def test_an_edge_is_told_apart_by_name_not_by_object() -> None:
    """Two readers of one task hold equal edges; only the reader that is measured gets other estimates."""
    network, rows = chained(), batch(500)
    assert network.graph.tasks["dwell"].reads[0] == network.graph.tasks["buy"].reads[0] == Edge(task="click")
    alone = chained()
    alone.load_state_dict(network.state_dict())
    with torch.no_grad():
        alone.head("dwell").tower.layers[0].weight[:, -1] = 0.0  # dwell is deaf to click, whoever scrambles it
    uses = {(use.reader, use.read): use for use in edge_uses(alone, rows)}
    assert uses["dwell", "click"].scrambled is not None
    assert uses["dwell", "click"].scrambled.mean == 0  # type: ignore[union-attr]
    assert uses["buy", "click"].scrambled.mean != 0  # type: ignore[union-attr]
