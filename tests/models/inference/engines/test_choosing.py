"""A graph that does not predict what the network does never serves, and everybody can see why."""

import logging
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from models.errors import CheckpointError, ConfigError
from models.inference.compiled import CompiledPredictor
from models.inference.engines.allowed import allowed_precision
from models.inference.engines.by_onnx import OnnxRunner
from models.inference.engines.names import graph_file
from models.inference.graph import FullGraph
from models.predictor import Predictor
from models.verdicts import Judged, Verdict
from tests.models.inference.engines.exported import exported, whole_and_parted

FULL = graph_file("full", "float32")


def with_graph(file: str, content: bytes | None) -> Predictor:
    """A model in which one graph is another, or is missing."""
    made = exported("wide")
    graphs = {name: held for name, held in made.graphs.items() if name != file}
    given = {} if content is None else {file: content}
    return Predictor(made.config, made.encoder, made.network, made.calibrations, graphs | given)


def bent(content: bytes) -> bytes:
    """The graph with one weight changed."""
    model = onnx.load_from_string(content)
    largest = max(model.graph.initializer, key=lambda each: len(each.raw_data))
    weights = numpy_helper.to_array(largest).copy()
    weights += 1
    largest.CopyFrom(numpy_helper.from_array(weights, largest.name))
    return model.SerializeToString()


def with_weights_elsewhere(location: str) -> bytes:
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4, 4], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", "0"), ("length", "64")):
        weight.external_data.add(key=key, value=value)
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 4]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g", ends[:1], ends[1:], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    return model.SerializeToString()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (bent(exported("wide").graphs[FULL]), "away from the training network's"),
        (b"no graph at all", ""),
        (exported("wide").graphs[graph_file("split", "float32")], ""),
        (None, "holds no inference/full.float32.onnx"),
    ],
    ids=["bent", "junk", "another graph", "missing"],
)
def test_torch_steps_in(content: bytes | None, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    predictor = with_graph(FULL, content)
    with caplog.at_level(logging.WARNING):
        compiled = CompiledPredictor(predictor)
    assert (compiled.engine, compiled.precision) == ("torch", "float32")
    assert len(compiled.passed_over) == 1
    assert reason in compiled.passed_over[0]
    assert compiled.passed_over[0] in caplog.text
    for batch, expected in whole_and_parted(predictor, 5):
        np.testing.assert_allclose(compiled.predict(batch), expected, rtol=1e-4)


def test_the_training_network_serves_where_no_graph_agrees_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    predictor = with_graph(FULL, None)
    monkeypatch.setattr(FullGraph, "forward", lambda self, x, own=None: torch.full((len(x), 4), 0.5))
    compiled = CompiledPredictor(predictor)
    assert compiled.engine == "network"
    assert [each.split(":")[0] for each in compiled.passed_over] == ["onnxruntime in float32", "torch in float32"]
    for batch, expected in whole_and_parted(predictor, 5):
        assert (compiled.predict(batch) == expected).all()


def test_float32_steps_in_for_a_rounded_graph_that_is_another() -> None:
    file = graph_file("full", "int8")
    compiled = CompiledPredictor(with_graph(file, bent(exported("wide").graphs[file])), precision="int8")
    assert (compiled.engine, compiled.precision) == ("onnxruntime", "float32")
    assert "onnxruntime in int8" in compiled.passed_over[0]


def test_a_graph_brings_its_own_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX Runtime alone would read them from the working directory."""
    (tmp_path / "secret.bin").write_bytes(np.arange(16, dtype=np.float32).tobytes())
    monkeypatch.chdir(tmp_path)
    for location in ("secret.bin", "./secret.bin", "../secret.bin", str(tmp_path / "secret.bin")):
        with pytest.raises(Exception, match=r"(?i)external"):
            OnnxRunner(with_weights_elsewhere(location))


def verdict(*, passed: bool) -> Verdict:
    judged = Judged(measure="auc", exact=0.7, reduced=0.7 if passed else 0.6, worse_by=0 if passed else 0.1, limit=0.01)
    return Verdict(passed=passed, reason="as planted", num_rows=9, tasks={"click": (judged,)})


def test_a_precision_serves_where_it_passed() -> None:
    assert allowed_precision("float32", {}) == "float32"
    assert allowed_precision("auto", {}) == "float32"
    assert allowed_precision("auto", {"int8": verdict(passed=False)}) == "float32"
    assert allowed_precision("auto", {"int8": verdict(passed=True)}) == "int8"
    assert allowed_precision("int8", {"int8": verdict(passed=True)}) == "int8"
    with pytest.raises(CheckpointError, match=r"int8 did not pass: as planted.*--precision auto"):
        allowed_precision("int8", {"int8": verdict(passed=False)})
    with pytest.raises(CheckpointError, match="bfloat16 was not checked"):
        allowed_precision("bfloat16", {"int8": verdict(passed=True)})


def test_a_verdict_follows_from_its_measures() -> None:
    with pytest.raises(ValueError, match="every measure"):
        Verdict(passed=True, reason="", num_rows=9, tasks=verdict(passed=False).tasks)
    with pytest.raises(ValueError, match="every measure"):
        Verdict(passed=True, reason="", num_rows=9)


def test_an_engine_that_does_not_know_the_precision_is_refused() -> None:
    with pytest.raises(ConfigError, match="int8 is run by onnxruntime"):
        CompiledPredictor(exported("wide"), engine="torch", precision="int8")
