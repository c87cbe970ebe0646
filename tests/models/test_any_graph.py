"""Any acyclic graph of tasks computes, in an order and with widths that fit, and a checkpoint gives it back."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.calibration import Identity
from models.checkpoint import load_checkpoint, save_checkpoint
from models.heads import (
    BinaryStatistics,
    DurationStatistics,
    Edge,
    LabelStatistics,
    RegressionStatistics,
    ValueStatistics,
)
from models.heads.inflated import Inflation
from models.network import Network
from models.predictor import Predictor
from tests.models.tiny import config, encoder, from_rows, rows

STATISTICS: dict[str, LabelStatistics] = {
    "binary": BinaryStatistics(num_observed=99, rate=0.1),
    "duration": DurationStatistics(
        num_observed=9, mean_seconds=20, max_seconds=600, scale_seconds=12, log_mean=0.7, log_standard_deviation=0.8
    ),
    "regression": RegressionStatistics(num_observed=99, mean=3.5, standard_deviation=1.2, min=1.0, max=5.0),
    "value": ValueStatistics(
        num_observed=99,
        mean=2.0,
        max=300.0,
        amounts=Inflation(threshold=0.0, share_above=0.1, log_mean=2.0, log_deviation=1.0, log_unit=1.0),
        base_cost=0.5,
    ),
}
HANDS_ON = ("prediction", "output", "representation")
DIAMOND = {"top": [], "left": ["top"], "right": ["top"], "bottom": ["left", "right"]}
LONG = {f"t{number}": [f"t{number - 1}"] if number else [] for number in range(40)}
FAN = {"source": [], **{f"reader{number}": ["source"] for number in range(6)}}


def task(name: str, reads: Sequence[str | dict[str, Any]], kind: str = "binary", width: int = 3) -> dict[str, Any]:
    return {"name": name, "kind": kind, "label": f"{name}_label", "reads": list(reads), "tower": {"widths": [width]}}


@st.composite
def graphs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to eight tasks in any order of the file, each of which may read any that came before it in a hidden order."""
    names = [f"t{number}" for number in range(draw(st.integers(1, 8)))]
    tasks = []
    for position, name in enumerate(names):
        read = draw(st.lists(st.sampled_from(names[:position]), unique=True)) if position else []
        edges = [
            {
                "task": other,
                "hands_on": draw(st.sampled_from(HANDS_ON)),
                "stop_gradient": draw(st.booleans()),
            }
            for other in read
        ]
        tasks.append(task(name, edges, draw(st.sampled_from(sorted(STATISTICS))), draw(st.integers(1, 4))))
    return draw(st.permutations(tasks))


def built(tasks: list[dict[str, Any]]) -> Predictor:
    model = config(tasks=tasks)
    statistics = {task.name: STATISTICS[task.kind] for task in model.tasks}
    network = Network(model, encoder(), statistics)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "table" not in name:
                parameter.normal_(std=0.5)
    return Predictor(model, encoder(), network, {})


def width(made: Predictor, edge: Edge) -> int:
    head = made.network.head(edge.task)
    return {"representation": head.tower.output_width, "output": head.num_outputs, "prediction": 1}[edge.hands_on]


@given(graphs())
def test_whatever_reads_comes_after_and_gets_what_it_reads(tasks: list[dict[str, Any]]) -> None:
    made = built(tasks)
    graph, num_rows = made.network.graph, 5
    crossed: list[tuple[str, str]] = []

    def note(reader: str, edge: Edge, estimate: torch.Tensor) -> torch.Tensor:
        assert graph.order.index(edge.task) < graph.order.index(reader)
        assert estimate.shape == (num_rows, width(made, edge))
        assert estimate.isfinite().all()
        crossed.append((reader, edge.task))
        return estimate

    batch = made.encoder.encode(from_rows(made.config, rows(num_rows)), num_rows)
    outputs = made.network.forward_in_parts(batch, note).outputs
    assert list(outputs) == [each["name"] for each in tasks]
    assert all(output.shape == (num_rows, made.network.head(name).num_outputs) for name, output in outputs.items())
    assert sorted(crossed) == sorted((each["name"], edge["task"]) for each in tasks for edge in each["reads"])


@given(graphs())
def test_a_change_reaches_exactly_those_that_read_it_or_read_who_does(tasks: list[dict[str, Any]]) -> None:
    made = built(tasks)
    graph = made.network.graph
    batch = made.encoder.encode(from_rows(made.config, rows(9)), 9)
    before = made.network(batch)
    changed = graph.order[0]
    with torch.no_grad():
        for parameter in made.network.head(changed).parameters():
            parameter += 0.5
    after = made.network(batch)
    downstream = {changed}
    for name in graph.order:
        if any(edge.task in downstream for edge in graph.tasks[name].reads):
            downstream.add(name)
    assert all(torch.equal(before[name], after[name]) for name in graph.tasks if name not in downstream)


@settings(max_examples=10)
@given(graphs())
def test_a_checkpoint_gives_back_the_same_predictions(tasks: list[dict[str, Any]]) -> None:
    made = built(tasks)
    made.calibrations = {name: Identity() for name in made.network.graph.tasks}
    columns = from_rows(made.config, rows(20))
    statistics = {each.name: STATISTICS[each.kind] for each in made.config.tasks}
    with TemporaryDirectory() as folder:
        version = save_checkpoint(
            Path(folder), made, name="any", statistics=statistics, metrics={}, training={}, attachments={}
        )
        loaded, manifest = load_checkpoint(version)
    assert manifest.model == made.config
    for field, values in made.predict(columns, 20).items():
        assert loaded.predict(columns, 20)[field].tobytes() == values.tobytes()


@pytest.mark.parametrize("reads", [DIAMOND, LONG, FAN], ids=["diamond", "long", "fan"])
@pytest.mark.parametrize("hands_on", HANDS_ON)
def test_shapes_that_occur(reads: dict[str, list[str]], hands_on: str) -> None:
    backwards = [
        task(name, [{"task": each, "hands_on": hands_on} for each in read]) for name, read in reversed(reads.items())
    ]
    made = built(backwards)
    outputs = made.network(made.encoder.encode(from_rows(made.config, rows(4)), 4))
    assert list(outputs) == list(reversed(reads))
    assert all(output.isfinite().all() for output in outputs.values())


def test_all_readers_of_a_representation_get_the_same_one() -> None:
    made = built(
        [task(name, [{"task": each, "hands_on": "representation"} for each in read]) for name, read in FAN.items()]
    )
    got: list[torch.Tensor] = []

    def note(reader: str, edge: Edge, estimate: torch.Tensor) -> torch.Tensor:
        got.append(estimate)
        return estimate

    batch = made.encoder.encode(from_rows(made.config, rows(6)), 6)
    source = made.network.forward_in_parts(batch, note).outputs["source"]
    assert len(got) == len(FAN) - 1
    for each in got:
        assert torch.equal(each, got[0])
        torch.testing.assert_close(made.network.head("source").output(each), source)
