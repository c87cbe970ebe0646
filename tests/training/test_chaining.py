"""Lesson 3: a task reads another's estimate, and nothing of its loss flows back through that edge."""

import shutil
import typing
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from models.network import Forward, Network
from models.trunks import MMoE, Ple, TabM
from tests.training.chains import EDGES, HANDS_ON, TRUNKS, batch, chained
from tests.training.worlds import silent, small_config
from training.data.batches import TrainingBatch
from training.objective import Objective, task_losses
from training.pipeline import fit, prepare
from training.weightings import WeightingConfig

Run = Callable[[Network, TrainingBatch], Forward]
ALL_EDGES = pytest.mark.parametrize(("reader", "read"), EDGES)
ALL_TRUNKS = pytest.mark.parametrize("trunk", TRUNKS)
ALL_HANDED = pytest.mark.parametrize("hands_on", HANDS_ON)
WEIGHTINGS = typing.get_args(typing.get_args(WeightingConfig)[0])
MIXED = {edge: {"hands_on": HANDS_ON[number % 3]} for number, edge in enumerate(EDGES)}
"""Every way of handing on in one network."""
OPEN = {("dwell", "click"), ("rating", "buy")}
"""Edges that can be open while the gradients of all others show whether they are stopped: no way leads around one."""


def eager(network: Network, rows: TrainingBatch) -> Forward:
    return network.forward_in_parts(rows.inputs)


def compiled(network: Network, backend: str) -> Run:
    """The network beyond the embeddings as one graph: a break in it is an error."""
    forward = torch.compile(network.after_embeddings, backend=backend, fullgraph=True)
    return lambda _, rows: forward(network.embeddings(rows.inputs))


@pytest.fixture
def compiler() -> Iterator[None]:
    torch.compiler.reset()
    yield
    torch.compiler.reset()


def gradients(network: Network, rows: TrainingBatch, run: Run, reader: str, read: str) -> list[Tensor | None]:
    """Gradients of the reader's loss by all that belongs to the read task alone: its part of the trunk, its head."""
    losses = task_losses(network, run(network, rows).outputs, rows.labels)
    return list(torch.autograd.grad(losses[reader], own_parameters(network, read), allow_unused=True))


def own_parameters(network: Network, task: str) -> list[Tensor]:
    return [*own_of_trunk(network, task), *network.head(task).parameters()]


def own_of_trunk(network: Network, task: str) -> list[Tensor]:
    """What the trunk has for a task alone: its gate, its experts in the top layer, its adapters, or nothing."""
    index = list(network.graph.tasks).index(task)
    match network.shared:
        case MMoE(gates=gates):
            return list(gates[index].parameters())
        case Ple(layers=layers):
            return [*layers[-1].gates[index].parameters(), *layers[-1].experts[index].parameters()]
        case TabM(adapters=adapters):
            return list(adapters[index].parameters())
        case _:
            return []


def is_nothing(found: list[Tensor | None]) -> bool:
    return all(gradient is None or not gradient.any() for gradient in found)


class TestGradients:
    @ALL_HANDED
    @ALL_EDGES
    def test_across_a_stopped_edge_they_are_exactly_zero(self, reader: str, read: str, hands_on: str) -> None:
        assert is_nothing(gradients(chained(hands_on=hands_on), batch(), eager, reader, read))

    @ALL_HANDED
    @ALL_EDGES
    def test_across_an_open_edge_they_are_not(self, reader: str, read: str, hands_on: str) -> None:
        gate, *head = gradients(chained(hands_on=hands_on, stop_gradient=False), batch(), eager, reader, read)
        assert not is_nothing([gate])
        assert not is_nothing(head)

    @ALL_EDGES
    def test_each_edge_has_a_stop_of_its_own(self, reader: str, read: str) -> None:
        network = chained({edge: {"stop_gradient": edge not in OPEN} for edge in EDGES})
        assert is_nothing(gradients(network, batch(), eager, reader, read)) == ((reader, read) not in OPEN)

    @ALL_HANDED
    def test_open_edges_pass_on_what_comes_through_open_edges(self, hands_on: str) -> None:
        """Rating does not read click, but it reads dwell and buy, which do."""
        rows, open_edges = batch(), chained(hands_on=hands_on, stop_gradient=False)
        assert not is_nothing(gradients(open_edges, rows, eager, "rating", "click"))
        assert is_nothing(gradients(chained(hands_on=hands_on), rows, eager, "rating", "click"))


@ALL_TRUNKS
class TestTrunks:
    """The law under every trunk, with every way of handing on in one network."""

    @ALL_EDGES
    def test_across_a_stopped_edge_gradients_are_exactly_zero(self, reader: str, read: str, trunk: str) -> None:
        assert is_nothing(gradients(chained(MIXED, trunk), batch(), eager, reader, read))

    @ALL_EDGES
    def test_across_an_open_edge_they_are_not(self, reader: str, read: str, trunk: str) -> None:
        network = chained(MIXED, trunk, stop_gradient=False)
        found = gradients(network, batch(), eager, reader, read)
        num_of_trunk = len(own_of_trunk(network, read))
        assert not is_nothing(found[num_of_trunk:])
        assert num_of_trunk == 0 or not is_nothing(found[:num_of_trunk])

    @pytest.mark.usefixtures("compiler")
    @pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf:UserWarning")
    def test_and_compiled_it_gives_the_same(self, trunk: str) -> None:
        settings = {edge: {**MIXED[edge], "stop_gradient": edge not in OPEN} for edge in EDGES}
        network, rows = chained(settings, trunk), batch()
        run = compiled(network, "aot_eager")
        for reader, read in EDGES:
            stopped = (reader, read) not in OPEN
            assert is_nothing(gradients(network, rows, run, reader, read)) == stopped, (reader, read)
        for name, output in eager(network, rows).outputs.items():
            torch.testing.assert_close(run(network, rows).outputs[name], output)


@pytest.mark.usefixtures("compiler")
@pytest.mark.filterwarnings(
    "ignore:The .grad attribute of a Tensor that is not a leaf:UserWarning"
)  # the compiler's own
class TestCompiled:
    @ALL_HANDED
    @pytest.mark.parametrize("stop", [True, False], ids=["stopped", "open"])
    def test_the_same_laws_hold(self, hands_on: str, stop: bool) -> None:
        network, rows = chained(hands_on=hands_on, stop_gradient=stop), batch()
        run = compiled(network, "aot_eager")
        for reader, read in EDGES:
            assert is_nothing(gradients(network, rows, run, reader, read)) == stop, (reader, read)

    def test_and_the_outputs_are_the_same(self) -> None:
        network, rows = chained(MIXED), batch()
        found = compiled(network, "aot_eager")(network, rows).outputs
        for name, output in eager(network, rows).outputs.items():
            torch.testing.assert_close(found[name], output)

    def test_a_network_compiles_whole_where_the_lookup_stays_outside(self) -> None:
        network, rows = chained(MIXED), batch()
        expected = network(rows.inputs)
        network.embeddings.forward = torch.compiler.disable(network.embeddings.forward)  # type: ignore[method-assign]
        for name, output in torch.compile(network, backend="aot_eager")(rows.inputs).items():
            torch.testing.assert_close(output, expected[name])

    @pytest.mark.slow
    @pytest.mark.skipif(shutil.which("c++") is None, reason="inductor needs a C++ compiler")
    @pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # torch's own, on importing inductor
    def test_and_in_machine_code(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """One compilation, half a minute: all ways of handing on, some edges stopped and some open."""
        monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
        settings = {edge: {**MIXED[edge], "stop_gradient": edge not in OPEN} for edge in EDGES}
        network, rows = chained(settings), batch()
        run = compiled(network, "inductor")
        for reader, read in EDGES:
            stopped = (reader, read) not in OPEN
            assert is_nothing(gradients(network, rows, run, reader, read)) == stopped, (reader, read)
        for name, output in eager(network, rows).outputs.items():
            torch.testing.assert_close(run(network, rows).outputs[name], output, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("config", WEIGHTINGS, ids=lambda config: config.__name__)
@pytest.mark.parametrize("trunk", ["mmoe", "ple", "tabm"])
@pytest.mark.parametrize("read", ["click", "dwell", "buy"])
class TestWeightings:
    """The law in a whole backward pass, however the losses are joined.

    With a task's own loss left out of the batch, as where no row has its label, what belongs to it alone gets no
    gradient from its readers.
    """

    def test_readers_leave_what_they_read_alone(self, config: type, trunk: str, read: str) -> None:
        assert is_nothing(self.left(config, trunk, read, stop=True))

    def test_unless_their_edges_are_open(self, config: type, trunk: str, read: str) -> None:
        assert not is_nothing(self.left(config, trunk, read, stop=False))

    @staticmethod
    def left(config: type, trunk: str, read: str, stop: bool) -> list[Tensor | None]:
        network, rows = chained(MIXED, trunk, stop_gradient=stop), batch()
        forward = eager(network, rows)
        losses = task_losses(network, forward.outputs, rows.labels)
        del losses[read]
        kind = typing.get_args(config.model_fields["kind"].annotation)[0]  # type: ignore[attr-defined]
        weighting = config(kind=kind).build({name: network.head(name) for name in network.graph.tasks})
        weighting.start({name: loss.detach() for name, loss in losses.items()})
        weighting.backward(Objective(losses, forward.common, network))
        return [parameter.grad for parameter in own_parameters(network, read)]


def test_a_reader_uses_what_it_reads() -> None:
    for hands_on in HANDS_ON:
        network, rows = chained(hands_on=hands_on), batch()
        before = network(rows.inputs)
        with torch.no_grad():
            for parameter in network.head("dwell").parameters():
                parameter += 0.3
        after = network(rows.inputs)
        changed = {name for name in before if not torch.equal(before[name], after[name])}
        assert changed == {"dwell", "buy", "rating"}


def test_what_crosses_an_edge_is_what_it_says() -> None:
    crossed: dict[str, Tensor] = {}

    def note(reader: str, edge: typing.Any, estimate: Tensor) -> Tensor:
        crossed[edge.hands_on] = estimate
        return estimate

    for hands_on in HANDS_ON:
        network, rows = chained(hands_on=hands_on), batch()
        outputs = network.forward_in_parts(rows.inputs, note).outputs
        head = network.head("buy")  # what crosses last is buy's, to rating
        expected = {"output": outputs["buy"], "prediction": head.estimate(outputs["buy"])}
        if hands_on == "representation":
            torch.testing.assert_close(head.output(crossed[hands_on]), outputs["buy"])
        else:
            torch.testing.assert_close(crossed[hands_on], expected[hands_on])


@pytest.mark.parametrize("trunk", ["mmoe", "tabm"])
def test_a_chained_run_is_taught_measures_its_edges_and_serves_alone(world: Path, trunk: str) -> None:
    """The whole way through a training run; steps are few, so nothing is asked of the result."""
    raw = small_config(world, max_steps=12).model_dump(exclude_none=True)
    raw["model"]["trunk"] = TRUNKS[trunk]
    raw["tasks"][1]["reads"] = [{"task": "click", "hands_on": "representation"}]
    raw["tasks"][2]["reads"] = [
        {"task": "click", "stop_gradient": False},
        {"task": "dwell", "hands_on": "prediction", "teacher_forcing_steps": 8},
    ]
    config = type(small_config(world)).model_validate(raw)
    trained = fit(prepare(config, silent()), silent())
    assert [(use.reader, use.read, use.hands_on) for use in trained.edges] == [
        ("dwell", "click", "representation"),
        ("conversion", "click", "output"),
        ("conversion", "dwell", "prediction"),
    ]
    assert all(use.loss is not None for use in trained.edges)
