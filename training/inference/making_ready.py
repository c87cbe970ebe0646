"""Makes a trained model ready to serve, as far as its configuration and the installed packages allow."""

import importlib.util

from rich.console import Console

from models.predictor import Predictor
from training.inference.ready import NOT_READY, ReadyToServe
from training.pipeline import Prepared
from training.say import say

NEEDED = ("onnx", "onnxscript", "onnxruntime")


def ready_to_serve(prepared: Prepared, predictor: Predictor, console: Console) -> ReadyToServe:
    """Graphs of a trained model, and the verdict on each precision that its configuration asks for."""
    if not prepared.config.inference.graphs:
        return NOT_READY
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        say(console, f"serving: by PyTorch, in float32; graphs for ONNX Runtime need {', '.join(missing)} installed")
        return NOT_READY
    from training.inference.export import exported  # a second of imports, which only the end of a training needs

    return exported(prepared, predictor, console)
