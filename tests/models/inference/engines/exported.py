"""Models with graphs, as a training leaves them."""

from functools import cache

import numpy as np
import torch

from models.batch import EncodedBatch, SplitBatch
from models.inference.engines.names import graph_file
from models.inference.engines.probe import probe
from models.inference.engines.runner import PredictedRows
from models.inference.parts import Parts
from models.predictor import Predictor
from tests.models import rich, tiny
from tests.models.inference.anything import everything
from training.inference.graphs import float_graphs, int8_graphs
from training.inference.onnx_graph import serialised

WIDE = {"kind": "mmoe", "num_experts": 2, "expert": {"widths": [512, 32]}}
"""Wide enough that its products are rounded."""
MODELS = {
    "everything": lambda: everything(tiny.MMOE),
    "ple": lambda: rich.predictor(trunk=tiny.PLE),
    "dcnv2": lambda: tiny.predictor({**tiny.DCNV2, "structure": "stacked"}),
    "tabm": lambda: tiny.predictor(tiny.TABM),
    "wide": lambda: tiny.predictor(WIDE),
}


@cache
def exported(name: str) -> Predictor:
    """The model with its graphs in float32 and int8."""
    torch.manual_seed(3)
    predictor = MODELS[name]()
    if name == "wide":
        calm(predictor)
    models = float_graphs(predictor)
    graphs = {graph_file(graph, "float32"): serialised(model) for graph, model in models.items()}
    graphs |= int8_graphs(predictor, models, probe(predictor.encoder, 256))
    return Predictor(predictor.config, predictor.encoder, predictor.network, predictor.calibrations, graphs)


def calm(predictor: Predictor) -> None:
    """Weights as large as a training makes them, so that a rounding is a rounding and not another model."""
    with torch.no_grad():
        for name, parameter in predictor.network.named_parameters():
            if "table" not in name and parameter.dim() == 2:
                parameter.normal_(std=parameter.shape[1] ** -0.5)


def whole_and_parted(predictor: Predictor, num_rows: int) -> list[tuple[EncodedBatch | SplitBatch, PredictedRows]]:
    """The same rows in both forms, with what the training network predicts of them."""
    rows, parts = probe(predictor.encoder, num_rows), Parts.of(predictor.encoder)
    parted = parts.split(rows)
    return [(rows, of_network(predictor, rows)), (parted, of_network(predictor, parts.joined(parted)))]


def of_network(predictor: Predictor, rows: EncodedBatch) -> PredictedRows:
    found = predictor.predict_encoded(rows)
    fields = [name for task in predictor.config.tasks for name in task.prediction_names]
    return np.stack([found[field] for field in fields], axis=1)
