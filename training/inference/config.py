"""How a trained network is made ready to serve, and what a reduced precision may cost."""

from pydantic import Field

from models.frozen import Frozen
from models.verdicts import ReducedPrecision


class InferenceConfig(Frozen):
    """The section [inference]: the graphs that a checkpoint holds for the service (docs/inference.md)."""

    graphs: bool = True
    """Write the network as ONNX into the checkpoint, where onnx, onnxscript and onnxruntime are installed; the service
    runs it by PyTorch otherwise."""
    check: tuple[ReducedPrecision, ...] = ("int8",)
    """Precisions to compare with float32 on held-out rows; one that passes may be served (`threefold serve
    --precision`). `bfloat16` pays on processors with AMX only."""
    check_rows: int = Field(default=200_000, ge=1)
    """At most this many evenly spaced rows of the test window are compared."""
    range_rows: int = Field(default=4_096, ge=1)
    """Rows of the validation sample that the ranges of `int8` are measured on."""
    max_auc_loss: float = Field(default=0.0005, ge=0, le=1)
    """By which AUC, or XAUC or Gini of a number, may be lower: half of what two seeds of a training differ by."""
    max_loss_increase: float = Field(default=0.001, ge=0)
    """By which the task's loss may be higher, in parts of the loss in float32."""
    max_calibration_shift: float = Field(default=0.005, ge=0)
    """By which predicted over observed may move: a bid, or a sum of scores, moves as much."""
