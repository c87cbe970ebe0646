"""Writes a trained network as graphs, and judges each reduced precision on rows that it never saw."""

from collections.abc import Mapping

import torch
from rich.console import Console

from models.inference.engines.names import graph_file
from models.predictor import Predictor
from models.verdicts import ReducedPrecision, Verdict
from training.data.batches import TrainingBatch, sampled
from training.inference.check import checked
from training.inference.config import InferenceConfig
from training.inference.graphs import Models, float_graphs, int8_graphs
from training.inference.onnx_graph import serialised
from training.inference.ready import NOT_READY, ReadyToServe
from training.pipeline import Prepared
from training.say import say


def exported(prepared: Prepared, predictor: Predictor, console: Console) -> ReadyToServe:
    """The graphs of a trained model, and a verdict on each precision that is to be checked."""
    settings = prepared.config.inference
    try:
        models = float_graphs(predictor)
    except Exception as error:  # the exporter fails in its own ways, and a model is served without it
        say(console, f"serving: by PyTorch; no graphs for ONNX Runtime, since that failed: {_in_short(error)}")
        return NOT_READY
    graphs = {graph_file(name, "float32"): serialised(model) for name, model in models.items()}
    precisions: dict[ReducedPrecision, Verdict] = {}
    if settings.check:
        rows = sampled(prepared.reader, prepared.data.encoder, prepared.windows.test, settings.check_rows)
        for precision in settings.check:
            made, found = _judged(predictor, precision, models, prepared.validation(), rows, settings)
            precisions[precision] = found
            graphs |= made
            say(console, f"serving: {told(precision, found)}")
    return ReadyToServe(graphs, precisions)


def told(precision: ReducedPrecision, found: Verdict) -> str:
    """The verdict in one line."""
    passed = "passed the check" if found.passed else "did not pass the check and will not serve"
    return f"{precision} {passed} on {found.num_rows:,} held-out rows: {found.reason}"


def _judged(
    predictor: Predictor,
    precision: ReducedPrecision,
    models: Models,
    validation: TrainingBatch,
    test: TrainingBatch,
    settings: InferenceConfig,
) -> tuple[Mapping[str, bytes], Verdict]:
    """The graphs that a precision needs, none where it did not pass, and its verdict."""
    step = -(-len(validation) // settings.range_rows)
    try:
        ranges = validation.inputs.rows(torch.arange(0, len(validation), step))
        made = int8_graphs(predictor, models, ranges) if precision == "int8" else {}
        found = checked(predictor, precision, made, test, settings)
    except Exception as error:  # engines fail in their own ways, and float32 serves
        return {}, Verdict(passed=False, reason=_in_short(error), num_rows=0)
    return (made if found.passed else {}), found


def _in_short(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
