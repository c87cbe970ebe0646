"""A training leaves graphs and verdicts in its checkpoint, and a service runs them."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from models.checkpoint import load_checkpoint
from models.errors import CheckpointError
from models.inference.compiled import CompiledPredictor
from tests.training import small
from training.inference import making_ready
from training.inference.making_ready import ready_to_serve
from training.inference.ready import NOT_READY
from training.pipeline import Run, run, save
from training.reporting import REPORT, run_files


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("log")
    small.write(folder / "log.parquet", small.frame(days=4, rows_per_day=300))
    config = small.config(folder, model={"trunk": {"kind": "shared_bottom", "mlp": {"widths": [1024, 64]}}})
    return run(config, Console(file=io.StringIO()))


def ready(finished: Run, **limits: float) -> tuple[making_ready.ReadyToServe, str]:
    """The same run under other limits, and what was said."""
    prepared = finished.prepared
    config = prepared.config
    inference = config.inference.model_copy(update=limits)
    console = Console(file=io.StringIO(), width=400)
    changed = type(prepared)(config.model_copy(update={"inference": inference}), prepared.reader, prepared.log, {})
    made = ready_to_serve(changed, finished.trained.predictor, console)
    assert isinstance(console.file, io.StringIO)
    return made, console.file.getvalue()


def test_what_passed_is_served(finished: Run, tmp_path: Path) -> None:
    loose = {"max_auc_loss": 1.0, "max_loss_increase": 1.0, "max_calibration_shift": 1.0}
    made, said = ready(finished, **loose)
    assert "int8 passed the check on 300 held-out rows" in said
    files = run_files(finished, "", made.precisions)
    assert "Reduced precision" in files[REPORT]
    predictor, manifest = load_checkpoint(save(finished, tmp_path, files, made))
    kinds = [(graph, precision) for graph in ("full", "split") for precision in ("float32", "int8")]
    assert set(predictor.graphs) == {f"inference/{graph}.{precision}.onnx" for graph, precision in kinds}
    assert set(predictor.graphs) <= set(manifest.files)
    assert manifest.precisions["int8"] == made.precisions["int8"]
    for precision, served in (("float32", "float32"), ("int8", "int8"), ("auto", "int8")):
        compiled = CompiledPredictor.load(predictor, manifest, precision=precision)  # type: ignore[arg-type]
        assert (compiled.engine, compiled.precision, compiled.passed_over) == ("onnxruntime", served, ())


def test_an_altered_graph_is_no_checkpoint(finished: Run, tmp_path: Path) -> None:
    made, _ = ready(finished)
    version = save(finished, tmp_path, {}, made)
    graph = version / "inference/full.float32.onnx"
    graph.write_bytes(graph.read_bytes()[:-1] + b"\0")
    with pytest.raises(CheckpointError, match=r"full\.float32\.onnx must have the SHA-256"):
        load_checkpoint(version)


def test_what_did_not_pass_leaves_its_verdict_and_no_graph(finished: Run) -> None:
    made, said = ready(finished, max_auc_loss=0.0, max_loss_increase=0.0, max_calibration_shift=0.0)
    verdict = made.precisions["int8"]
    assert not verdict.passed
    assert "int8 did not pass the check and will not serve" in said
    assert verdict.reason in said
    assert sorted(made.graphs) == ["inference/full.float32.onnx", "inference/split.float32.onnx"]


def test_a_host_without_the_exporter_says_so(finished: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making_ready, "NEEDED", ("onnx", "no_such_package"))
    made, said = ready(finished)
    assert made == NOT_READY
    assert "need no_such_package" in said


def test_an_export_that_fails_costs_no_training(finished: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise RuntimeError("no such operator\nand a long trace")

    monkeypatch.setattr("training.inference.export.float_graphs", failing)
    made, said = ready(finished)
    assert made == NOT_READY
    assert "since that failed: no such operator" in said
