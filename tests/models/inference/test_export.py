"""Every graph leaves torch: as an exported program and as ONNX, for any number of rows."""

import io
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn
from torch.export import Dim

from models.calibration import Platt
from models.inference.graph import graphs_of
from models.inference.inputs import GraphInputs
from models.inference.parts import Parts
from models.inference.trunks.as_it_is import AsItIs
from models.predictor import Predictor
from tests.models import rich, tiny
from tests.models.inference.anything import built, everything, request
from tests.models.inference.test_graphs import AMPLIFIED

pytestmark = pytest.mark.filterwarnings("ignore")  # the exporters warn of their own insides


def predicted_alike(graph: nn.Module, inputs: tuple[Tensor, ...], *, split: bool) -> None:
    """Export the graph with 30 rows, and run it with fewer."""

    def first(num_rows: int) -> list[Tensor]:
        return [each if split and place == 0 else each[:num_rows] for place, each in enumerate(inputs)]

    shapes = tuple(None if split and place == 0 else {0: Dim.DYNAMIC} for place in range(len(inputs)))
    program = torch.onnx.export(graph, inputs, dynamo=True, dynamic_shapes=shapes, verbose=False)
    assert program is not None
    content = io.BytesIO()
    program.save(content)
    session = onnxruntime.InferenceSession(content.getvalue(), providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]
    for num_rows in (1, 2, 30):
        given = first(num_rows)
        want = graph(*given).numpy()
        (got,) = session.run(None, {name: each.numpy() for name, each in zip(names, given, strict=True)})
        scale = np.maximum(np.abs(want).max(axis=0), np.finfo(np.float32).tiny)
        assert (np.abs(got - want).max(axis=0) / scale).max() < AMPLIFIED


@torch.inference_mode()
def inputs_of(predictor: Predictor, *, split: bool) -> tuple[Tensor, ...]:
    made, batch = GraphInputs(predictor), request(predictor, 30)
    found = made.parted(batch) if split else made.whole(Parts.of(predictor.encoder).joined(batch))
    return tuple(each.clone() for each in found)


def graph_of(predictor: Predictor, *, split: bool) -> nn.Module:
    graphs = graphs_of(predictor, GraphInputs(predictor).columns)
    graph = graphs.split if split else graphs.full
    assert graph is not None
    return graph


@pytest.mark.parametrize("split", [False, True], ids=["full", "split"])
def test_every_head_edge_and_calibration(split: bool) -> None:
    predictor = everything(tiny.MMOE)
    predicted_alike(graph_of(predictor, split=split), inputs_of(predictor, split=split), split=split)


def with_trunk(trunk: dict[str, Any]) -> Predictor:
    model = rich.config(trunk=trunk, tasks=[{"name": "click", "label": "clicked", "kind": "binary"}])
    return built(model, rich.encoder(model), {"click": Platt(slope=1.2, intercept=-0.1)})


@pytest.mark.parametrize("trunk", tiny.TRUNKS.values(), ids=tiny.TRUNKS)
def test_every_trunk(trunk: dict[str, Any]) -> None:
    predictor = with_trunk(trunk)
    predicted_alike(graph_of(predictor, split=True), inputs_of(predictor, split=True), split=True)


def test_a_trunk_without_a_twin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.inference.graph.twin_of", AsItIs)
    predictor = with_trunk(tiny.MMOE)
    predicted_alike(graph_of(predictor, split=True), inputs_of(predictor, split=True), split=True)
