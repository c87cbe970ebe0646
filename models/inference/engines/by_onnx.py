"""Runs a graph by ONNX Runtime, from bytes in memory.

A graph is data, and data from a file that may be anybody's: it brings its own weights and uses the operators that are
built in. ONNX Runtime would look for weights outside of the bytes in the working directory; here it looks where nothing
is. No library of further operators is ever registered.
"""

import onnxruntime
from torch import Tensor

from models.inference.engines.runner import PredictedRows

_NOWHERE = "/nonexistent/weights-outside-of-a-graph"


class OnnxRunner:
    """A graph in a session of its own.

    Args:
        graph: the model's bytes.
        num_threads: of one prediction; they sleep between two.

    Raises:
        Exception: of many kinds, where the bytes are no graph that ONNX Runtime can run.
    """

    def __init__(self, graph: bytes, num_threads: int = 1) -> None:
        self._session = onnxruntime.InferenceSession(graph, _options(num_threads), providers=["CPUExecutionProvider"])
        self._names = [each.name for each in self._session.get_inputs()]
        self._outputs = [each.name for each in self._session.get_outputs()]

    def __call__(self, *inputs: Tensor) -> PredictedRows:
        """The graph's predictions, [rows, fields]; inputs are read where they lie."""
        given = {name: tensor.numpy() for name, tensor in zip(self._names, inputs, strict=True)}
        (predictions,) = self._session.run(self._outputs, given)
        return predictions  # type: ignore[no-any-return]


def _options(num_threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = num_threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # it plans for one size of a batch, and requests have many
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", _NOWHERE)
    return options
