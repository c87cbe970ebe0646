"""Which precision may serve a model: float32 always, any other where the check at export passed it."""

from collections.abc import Mapping

import torch

from models.errors import CheckpointError
from models.inference.engines.names import Precision, PrecisionChoice
from models.verdicts import ReducedPrecision, Verdict


def allowed_precision(choice: PrecisionChoice, verdicts: Mapping[ReducedPrecision, Verdict]) -> Precision:
    """The precision to serve in; `auto` is the fastest that passed.

    Raises:
        CheckpointError: the one that was asked for did not pass, or was not checked.
    """
    if choice == "float32":
        return "float32"
    if choice == "auto":
        passed = (precision for precision in _by_speed() if precision in verdicts and verdicts[precision].passed)
        return next(passed, "float32")
    verdict = verdicts.get(choice)
    if verdict is None:
        raise CheckpointError(
            f"a reduced precision serves where the check at export passed it; {choice} was not checked for this model: "
            f'train it with `check = ["{choice}"]` under [inference] and with onnx, onnxscript and onnxruntime, '
            f"or serve it in float32"
        )
    if not verdict.passed:
        raise CheckpointError(
            f"a reduced precision serves where the check at export passed it; {choice} did not pass: {verdict.reason}: "
            f"serve this model in float32, or with --precision auto"
        )
    return choice


def _by_speed() -> tuple[ReducedPrecision, ...]:
    """Those that are faster than float32 here (benchmarks/engines.py); bfloat16 is with AMX only."""
    has_amx = bool(torch.cpu.get_capabilities().get("amx_bf16", False))
    return ("int8", "bfloat16") if has_amx else ("int8",)
