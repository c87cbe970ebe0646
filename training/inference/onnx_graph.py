"""From a graph of PyTorch to the bytes of an ONNX model."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

EXPORTERS = ("torch.onnx", "onnxscript", "onnx_ir")


def onnx_graph(graph: nn.Module, inputs: Sequence[Tensor]) -> onnx.ModelProto:
    """The graph for any number of rows, weights included.

    Args:
        graph: with tensors as inputs and predictions [rows, fields] as output.
        inputs: examples; what has one row here, as a context has, has one row always.

    Raises:
        RuntimeError: the graph is one of exactly these rows.
    """
    rows = torch.export.Dim("rows", min=1)
    shapes = tuple({0: rows} if len(each) > 1 else None for each in inputs)
    names = [f"input_{position}" for position in range(len(inputs))]
    with _quietly(), torch.no_grad():
        program = torch.onnx.export(
            graph.eval(),
            tuple(each.clone() for each in inputs),  # those made for inference alone cannot be traced
            dynamo=True,
            verbose=False,
            dynamic_shapes=shapes,
            input_names=names,
            output_names=["predictions"],
        )
    assert program is not None
    model = with_exact_probabilities(without_remarks(program.model_proto))
    for example, made in zip(inputs, model.graph.input, strict=True):
        if len(example) > 1 and not made.type.tensor_type.shape.dim[0].dim_param:
            raise RuntimeError(f"a graph takes any number of rows; this one was made for {len(example)}")
    return model


def with_exact_probabilities(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with 1 / (1 + exp(-x)) in place of each sigmoid that is not an activation's.

    ONNX Runtime's own is a rational function that is off by 1e-5 at a probability of 0.001, by 1e-2 at 0.00001, and
    the same for all below 1e-8; as spelled here it is exact to float32.
    """
    gates = {name for node in model.graph.node if node.op_type == "Mul" for name in node.input}
    known = onnx.shape_inference.infer_shapes(model).graph
    types = {each.name: each.type.tensor_type.elem_type for each in (*known.value_info, *known.output)}
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        is_float = types.get(node.output[0]) == onnx.TensorProto.FLOAT
        if node.op_type != "Sigmoid" or node.output[0] in gates or not is_float:
            nodes.append(node)
            continue
        at = node.output[0]
        nodes += [
            helper.make_node("Neg", [node.input[0]], [f"{at}.negative"]),
            helper.make_node("Exp", [f"{at}.negative"], [f"{at}.odds"]),
            helper.make_node("Add", [f"{at}.odds", f"{at}.one"], [f"{at}.sum"]),
            helper.make_node("Reciprocal", [f"{at}.sum"], [at]),
        ]
        model.graph.initializer.append(numpy_helper.from_array(np.array(1, np.float32), f"{at}.one"))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def serialised(model: onnx.ModelProto) -> bytes:
    """The same bytes for the same model."""
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def without_remarks(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without traces of the code that made it, which name paths of the machine."""
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    for part in (bare, bare.graph, *bare.graph.node, *bare.graph.initializer, *bare.graph.input, *bare.graph.output):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    bare.graph.ClearField("value_info")
    return bare


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the exporter's account of operators that are not installed, and PyTorch's remarks on itself."""
    loggers = [logging.getLogger(name) for name in EXPORTERS]
    before = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
