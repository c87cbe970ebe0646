"""The graphs of a trained model as ONNX, in float32 and rounded."""

from collections.abc import Iterator

import onnx
import torch

from models.batch import EncodedBatch
from models.inference.engines.names import GraphName, graph_file
from models.inference.engines.probe import probe
from models.inference.graph import graphs_of
from models.inference.inputs import GraphInputs
from models.inference.parts import Parts
from models.predictor import Predictor
from training.inference.int8 import in_int8
from training.inference.onnx_graph import onnx_graph, serialised
from training.inference.ranges import Values

BATCH_ROWS = 1_024
Models = dict[GraphName, onnx.ModelProto]


def float_graphs(predictor: Predictor) -> Models:
    """The model's graphs in float32, from what `GraphInputs` makes to predictions."""
    inputs, rows = GraphInputs(predictor), probe(predictor.encoder)
    graphs = graphs_of(predictor, inputs.columns)
    found: Models = {"full": onnx_graph(graphs.full, inputs.whole(rows))}
    if graphs.split is not None:
        found["split"] = onnx_graph(graphs.split, inputs.parted(Parts.of(predictor.encoder).split(rows)))
    return found


def int8_graphs(predictor: Predictor, models: Models, rows: EncodedBatch) -> dict[str, bytes]:
    """The same in 8 bits, as bytes by file name.

    Args:
        predictor: of the model.
        models: in float32.
        rows: held-out rows on which the ranges of activations are measured.
    """
    return {
        graph_file(name, "int8"): serialised(in_int8(model, _inputs(predictor, name, rows)))
        for name, model in models.items()
    }


def _inputs(predictor: Predictor, graph: GraphName, rows: EncodedBatch) -> Iterator[list[Values]]:
    """What the graph reads of the rows; of the split one each row with its own context."""
    inputs, parts = GraphInputs(predictor), Parts.of(predictor.encoder)
    for index in torch.split(torch.arange(len(rows)), BATCH_ROWS if graph == "full" else 1):
        batch = rows.rows(index)
        made = inputs.whole(batch) if graph == "full" else inputs.parted(parts.split(batch))
        yield [each.numpy() for each in made]
