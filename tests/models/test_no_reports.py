"""Nothing of this project reports to anybody: ONNX Runtime would, from a thread that its import starts."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("onnxruntime")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}


def told(code: str) -> list[str]:
    """The words that a fresh process prints."""
    command = [sys.executable, "-c", code]
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return subprocess.run(
        command, env=ENVIRONMENT | one_thread, capture_output=True, text=True, check=True
    ).stdout.split()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_import_starts_no_thread() -> None:
    code = "import os, models.inference.engines.by_onnx; print(len(os.listdir('/proc/self/task')))"
    assert told(code) == ["1"]


@pytest.mark.parametrize("module", ["models.inference.engines.by_onnx", "training.inference.export"])
def test_it_is_turned_off_before_the_import(module: str) -> None:
    code = f"import os, sys, {module}; print(os.environ['ORT_DISABLE_TELEMETRY'], *sys.modules)"
    switch, *modules = told(code)
    assert switch == "1"
    assert modules.index("models") < modules.index("onnxruntime")
