"""Whatever the model, its graphs predict what it predicts, on whole rows as on a context and its candidates."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from numpy.typing import NDArray
from torch import Tensor, nn

from models.batch import EncodedBatch, SplitBatch
from models.calibration import Identity
from models.inference.graph import Graphs, graphs_of
from models.inference.inputs import GraphInputs
from models.inference.parts import Parts
from models.inference.trunks import twin_of
from models.inference.trunks.as_it_is import AsItIs
from models.predictor import Predictor
from tests.models import rich, tiny
from tests.models.inference.anything import KINDS, ROWS, built, encoded, everything, predictors, request

CLOSE = 1e-6
"""Of the largest prediction of a field, for weights as training begins with."""
AMPLIFIED = 2e-5
"""The same where weights are drawn so large that layers amplify the rounding of what they read."""


def wanted(predictor: Predictor, batch: EncodedBatch) -> NDArray[np.float32]:
    found = predictor.predict_encoded(batch)
    return np.stack([found[name] for task in predictor.config.tasks for name in task.prediction_names], axis=1)


def worst(got: Tensor, want: NDArray[np.float32]) -> float:
    """The largest error, as a share of the largest prediction of its field."""
    assert got.shape == want.shape
    assert got.dtype == torch.float32
    assert np.isfinite(want).all()
    error = np.abs(got.numpy() - want).max(axis=0)
    return float((error / np.maximum(np.abs(want).max(axis=0), np.finfo(np.float32).tiny)).max())


@torch.inference_mode()
def errors(predictor: Predictor, split: SplitBatch) -> list[float]:
    """Of both graphs."""
    inputs = GraphInputs(predictor)
    graphs = graphs_of(predictor, inputs.columns)
    batch = Parts.of(predictor.encoder).joined(split)
    want = wanted(predictor, batch)
    assert graphs.split is not None
    return [worst(graphs.full(*inputs.whole(batch)), want), worst(graphs.split(*inputs.parted(split)), want)]


class TestPredictions:
    @settings(max_examples=60)
    @given(predictors(), ROWS)
    def test_any_model_is_predicted_as_it_predicts(self, predictor: Predictor, rows: list[dict[str, Any]]) -> None:
        split = Parts.of(predictor.encoder).split(encoded(predictor, rows))
        assert max(errors(predictor, split)) < AMPLIFIED

    @pytest.mark.parametrize("trunk", tiny.TRUNKS.values(), ids=tiny.TRUNKS)
    def test_every_trunk_with_every_head_edge_and_calibration(self, trunk: dict[str, Any]) -> None:
        predictor = everything(trunk)
        assert max(errors(predictor, request(predictor, 40))) < AMPLIFIED

    @pytest.mark.parametrize("trunk", tiny.TRUNKS.values(), ids=tiny.TRUNKS)
    def test_as_training_begins_they_are_the_same_to_rounding(self, trunk: dict[str, Any]) -> None:
        tasks = [{"name": f"t{n}", "label": f"label{n}", **kind} for n, kind in enumerate(KINDS)]
        model = rich.config(trunk=trunk, tasks=tasks, embedding={"dim": 8})
        predictor = built(model, rich.encoder(model), {task.name: Identity() for task in model.tasks}, moved=False)
        assert max(errors(predictor, request(predictor, 40))) < CLOSE

    def test_a_row_does_not_depend_on_how_many_come_with_it(self) -> None:
        predictor = everything(tiny.MMOE)
        inputs = GraphInputs(predictor)
        split = graphs_of(predictor, inputs.columns).split
        assert split is not None
        c, i, own = inputs.parted(request(predictor, 9))
        with torch.inference_mode():
            together = split(c, i, own)
            apart = torch.cat([split(c, i[row : row + 1], own[row : row + 1]) for row in range(9)])
        torch.testing.assert_close(together, apart)


class TestParts:
    @pytest.mark.parametrize("interactions", ["none", "dot"])
    def test_inputs_in_parts_are_the_columns_of_whole_ones(self, interactions: str) -> None:
        model = rich.config(embedding={"dim": 4, "initial_std": 1.0, "interactions": interactions})
        predictor = built(model, rich.encoder(model), {task.name: Identity() for task in model.tasks})
        inputs, split = GraphInputs(predictor), request(predictor, 6)
        (x,) = inputs.whole(Parts.of(predictor.encoder).joined(split))
        c, i = inputs.parted(split)
        assert sorted([*inputs.columns.context, *inputs.columns.candidates]) == list(range(x.shape[1]))
        assert len(c) == 1
        torch.testing.assert_close(c.expand(6, -1), x[:, inputs.columns.context], rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(i, x[:, inputs.columns.candidates], rtol=1e-5, atol=1e-6)

    def test_without_features_of_one_part_there_is_nothing_to_split(self) -> None:
        features = [feature | {"scope": "candidate"} for feature in tiny.FEATURES]
        model = tiny.config(features=features)
        predictor = built(model, tiny.encoder(model), {task.name: Identity() for task in model.tasks})
        inputs = GraphInputs(predictor)
        graphs = graphs_of(predictor, inputs.columns)
        assert graphs.split is None
        batch = predictor.encoder.encode(tiny.from_rows(model, tiny.rows(9)), 9)
        with torch.inference_mode():
            assert worst(graphs.full(*inputs.whole(batch)), wanted(predictor, batch)) < AMPLIFIED


class TestTrunks:
    @pytest.mark.parametrize("trunk", tiny.TRUNKS.values(), ids=tiny.TRUNKS)
    def test_a_trunk_without_a_twin_runs_as_it_is(self, trunk: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("models.inference.graph.twin_of", AsItIs)
        predictor = everything(trunk)
        assert max(errors(predictor, request(predictor, 7))) < AMPLIFIED

    @pytest.mark.parametrize("trunk", tiny.TRUNKS.values(), ids=tiny.TRUNKS)
    def test_every_shipped_trunk_has_a_twin_that_reads_the_input_once(self, trunk: dict[str, Any]) -> None:
        predictor = everything(trunk)
        twin = twin_of(predictor.network.shared)
        assert not isinstance(twin, AsItIs)
        assert {each.in_features for each in twin.readings} == {predictor.network.embeddings.output_width}
        crosses = trunk["kind"] == "dcnv2" or "cross" in trunk
        assert twin.needs_rows == crosses

    def test_weights_are_copies(self) -> None:
        predictor = everything(tiny.TABM)
        before = {name: value.clone() for name, value in predictor.network.state_dict().items()}
        inputs = GraphInputs(predictor)
        graphs: Graphs = graphs_of(predictor, inputs.columns)
        held = {id(parameter) for parameter in predictor.network.parameters()}
        for graph in (graphs.full, graphs.split):
            assert isinstance(graph, nn.Module)
            assert not held & {id(parameter) for parameter in graph.parameters()}
            assert not any(parameter.requires_grad for parameter in graph.parameters())
        assert all(parameter.requires_grad for parameter in predictor.network.parameters())
        assert all(torch.equal(value, before[name]) for name, value in predictor.network.state_dict().items())
