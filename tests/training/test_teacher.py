"""Teacher forcing: labels first, estimates in the end, a straight line between; and never outside of training."""

import io
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from torch import Tensor

from models.heads import BinaryTask, Edge
from models.network import Network
from tests.training.chains import EDGES, batch, chained
from tests.training.worlds import silent, small_config
from training.config import Config
from training.data.batches import TrainingBatch
from training.pipeline import fit, prepare
from training.teacher import Teacher

STEPS = 10
NUM_ROWS = 4_000


def seen(network: Network, rows: TrainingBatch, step: int) -> tuple[dict[tuple[str, str], Tensor], dict[str, Tensor]]:
    """What crosses each edge in a step, and what would without a teacher."""
    handing = Teacher(network).handing(rows.labels, step)
    crossed, estimates = {}, {}

    def note(reader: str, edge: Edge, estimate: Tensor) -> Tensor:
        estimates[edge.task] = estimate
        handed = estimate if handing is None else handing(reader, edge, estimate)
        crossed[reader, edge.task] = handed
        return handed

    network.forward_in_parts(rows.inputs, note)
    return crossed, estimates


def lesson(network: Network, rows: TrainingBatch, read: str, hands_on: str) -> Tensor:
    head = network.head(read)
    taught = head.taught(rows.labels[read])
    return taught if hands_on == "output" else head.estimate(taught)


@pytest.mark.parametrize("hands_on", ["output", "prediction"])
class TestWhatCrosses:
    def test_at_first_exactly_what_the_label_stands_for(self, hands_on: str) -> None:
        network, rows = chained(hands_on=hands_on, teacher_forcing_steps=STEPS), batch()
        crossed, estimates = seen(network, rows, 0)
        for reader, read in EDGES:
            observed = ~rows.labels[read].isnan()
            expected = lesson(network, rows, read, hands_on)
            assert torch.equal(crossed[reader, read][observed], expected[observed])
            assert torch.equal(crossed[reader, read][~observed], estimates[read][~observed])
        assert rows.labels["dwell"].isnan().any()

    @pytest.mark.parametrize("step", [STEPS, STEPS + 1, 10 * STEPS])
    def test_in_the_end_exactly_the_estimate(self, hands_on: str, step: int) -> None:
        network, rows = chained(hands_on=hands_on, teacher_forcing_steps=STEPS), batch()
        assert Teacher(network).handing(rows.labels, step) is None
        crossed, estimates = seen(network, rows, step)
        for reader, read in EDGES:
            assert torch.equal(crossed[reader, read], estimates[read])

    def test_between_them_the_share_of_labels_falls_on_a_straight_line(self, hands_on: str) -> None:
        network, rows = chained(hands_on=hands_on, teacher_forcing_steps=STEPS), batch(NUM_ROWS)
        for step in range(STEPS + 1):
            crossed, _ = seen(network, rows, step)
            for reader, read in EDGES:
                observed = ~rows.labels[read].isnan()
                told = crossed[reader, read][observed] == lesson(network, rows, read, hands_on)[observed]
                assert told.float().mean().item() == pytest.approx(1 - step / STEPS, abs=0.04), (step, reader, read)


class TestCoins:
    def test_those_of_a_step_are_the_same_however_often_it_is_looked_at(self) -> None:
        network, rows = chained(teacher_forcing_steps=STEPS), batch()
        teacher = Teacher(network)
        first, again, later = (
            network.forward_in_parts(rows.inputs, teacher.handing(rows.labels, step)).outputs["buy"]
            for step in (5, 5, 6)
        )
        assert torch.equal(first, again)
        assert not torch.equal(first, later)

    def test_they_differ_between_edges(self) -> None:
        """Dwell and buy both read click; what one of them is told does not say what the other is."""
        network, rows = chained(teacher_forcing_steps=2), batch(NUM_ROWS)
        crossed, estimates = seen(network, rows, 1)
        dwell, buy = (crossed[reader, "click"] != estimates["click"] for reader in ("dwell", "buy"))
        assert (dwell & buy).float().mean().item() == pytest.approx(0.25, abs=0.04)

    def test_a_network_without_taught_edges_draws_none(self) -> None:
        network = chained()
        state = torch.get_rng_state()
        assert Teacher(network).handing(batch().labels, 0) is None
        torch.set_rng_state(state)
        before = torch.rand(1)
        torch.set_rng_state(state)
        Teacher(network)
        assert torch.equal(torch.rand(1), before)


def test_each_edge_is_taught_for_its_own_time() -> None:
    network, rows = chained({("buy", "click"): {"teacher_forcing_steps": 3}}), batch()
    crossed, estimates = seen(network, rows, 0)
    assert torch.equal(crossed["buy", "click"], network.head("click").taught(rows.labels["click"]))
    assert torch.equal(crossed["dwell", "click"], estimates["click"])
    assert Teacher(network).handing(rows.labels, 3) is None


def test_a_stand_in_is_finite_and_in_the_order_of_the_labels() -> None:
    network = chained()
    for name, labels in {"click": [0.0, 1.0], "dwell": [0.0, 3.0, 600.0], "rating": [1.0, 3.5, 5.0]}.items():
        head = network.head(name)
        for stand_in in (head.taught(torch.tensor(labels)), head.estimate(head.taught(torch.tensor(labels)))):
            assert stand_in.isfinite().all()
            assert (stand_in.diff(dim=0) > 0).all()


def test_nothing_of_a_readers_loss_flows_back_through_a_label() -> None:
    network, rows = chained(stop_gradient=False, teacher_forcing_steps=STEPS), batch()
    handing = Teacher(network).handing(rows.labels, 0)
    output = network.forward_in_parts(rows.inputs, handing).outputs["buy"]
    found = torch.autograd.grad(output.sum(), list(network.head("click").parameters()), allow_unused=True)
    assert all(gradient is None or not gradient.any() for gradient in found)


class TestRuns:
    @staticmethod
    def config(world: Path, steps: int, **training: Any) -> Config:
        raw = small_config(world, max_steps=6, **training).model_dump(exclude_none=True)
        raw["tasks"][2]["reads"] = [{"task": "dwell", "teacher_forcing_steps": steps}]
        return Config.model_validate(raw)

    def test_validation_and_serving_see_estimates_alone(self, world: Path) -> None:
        """Taught until long after the end: no training step saw an estimate, and validation no label."""
        prepared = prepare(self.config(world, 10_000), silent())
        trained = fit(prepared, silent())
        network, chunk = trained.predictor.network, next(prepared.reader.chunks(prepared.windows.test))
        rows = prepared.data.encoder.encode(chunk.features, chunk.num_rows)
        outputs = network(rows)
        plain = network.forward_in_parts(rows, lambda reader, edge, estimate: estimate).outputs
        assert all(torch.equal(outputs[name], plain[name]) for name in outputs)
        (use,) = [use for use in trained.edges if use.reader == "conversion"]
        assert use.loss == pytest.approx(trained.history.validations[-1].losses["conversion"], rel=1e-4)

    @pytest.mark.parametrize(("steps", "is_said"), [(0, False), (5, False), (6, True), (10_000, True)])
    def test_lessons_that_do_not_end_in_time_are_told_of(self, world: Path, steps: int, is_said: bool) -> None:
        console = Console(file=io.StringIO())
        fit(prepare(self.config(world, steps), silent()), console)
        assert ("teacher forcing goes on until step" in console.file.getvalue()) == is_said  # type: ignore[attr-defined]

    def test_lessons_change_what_is_learned_and_a_seed_repeats_it(self, world: Path) -> None:
        untaught, taught, again = (fit(prepare(self.config(world, s), silent()), silent()) for s in (0, 6, 6))
        weights = [trained.predictor.network.state_dict() for trained in (untaught, taught, again)]
        assert any(not torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
        assert all(torch.equal(weights[1][name], weights[2][name]) for name in weights[0])

    def test_a_weighting_that_looks_again_sees_the_same_lesson(self, world: Path) -> None:
        """With the network held still, no loss falls, unless its reader is told other things after the step."""
        still = {name: {"kind": "adamw", "learning_rate": 0} for name in ("shared", "heads.*")}
        still["embeddings"] = {"kind": "rowwise_adagrad", "learning_rate": 0}
        settings = {"weighting": {"kind": "famo", "decay": 0.0}, "optimizers": still, "telemetry_every": 1}
        history = fit(prepare(self.config(world, 10_000, **settings), silent()), silent()).history
        for reading in history.readings:
            parts = [reading.weights[name] * loss for name, loss in reading.losses.items()]
            assert parts == pytest.approx([parts[0]] * len(parts), rel=1e-3)  # FAMO's start, left when losses fell


class TestRefused:
    def test_a_representation_has_no_label(self) -> None:
        with pytest.raises(ValueError, match=r"no label stands for a representation; found both on the edge from 'a'"):
            Edge(task="a", hands_on="representation", teacher_forcing_steps=1)

    def test_a_label_that_is_always_1_where_the_reader_learns(self) -> None:
        settings = {"name": "b", "kind": "binary", "label": "b", "observed_when": "a"}
        edge = {"task": "a", "teacher_forcing_steps": 5}
        with pytest.raises(ValueError, match=r"label of 'b' counts only where 'a' is positive.*set teacher_forcing_st"):
            BinaryTask.model_validate({**settings, "reads": [edge]})
        assert BinaryTask.model_validate({**settings, "reads": [{**edge, "task": "c"}]}).reads[0].task == "c"

    def test_steps_below_zero(self) -> None:
        with pytest.raises(ValueError, match="greater than or equal to 0"):
            Edge(task="a", teacher_forcing_steps=-1)
