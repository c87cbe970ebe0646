"""What an inference graph is run by and how precisely, and the names of its files in a checkpoint."""

from typing import Literal

EngineName = Literal["torch", "onnxruntime", "network"]
"""`network` is the training network as it is, where no engine agrees with it."""
EngineChoice = Literal["auto", "torch", "onnxruntime"]
"""`auto` is ONNX Runtime where it can run the graph, as it is the faster one at every size (docs/inference.md)."""
Precision = Literal["float32", "bfloat16", "int8"]
PrecisionChoice = Literal["float32", "bfloat16", "int8", "auto"]
"""`auto` is the fastest precision that passed the check at export."""
GraphName = Literal["full", "split"]
FOLDER = "inference/"
GRAPHS: tuple[GraphName, ...] = ("full", "split")
ENGINES_OF: dict[Precision, tuple[EngineName, ...]] = {
    "float32": ("onnxruntime", "torch"),
    "int8": ("onnxruntime",),
    "bfloat16": ("torch",),
}
"""The engines that know a precision, the preferred one first."""


def graph_file(graph: GraphName, precision: Precision) -> str:
    """The graph's file in a checkpoint."""
    return f"{FOLDER}{graph}.{precision}.onnx"
