"""Triton, the binary, with our engine in its Python backend: nothing of PyTriton but the files that it brings."""

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytriton
from pytriton.utils.distribution import get_libs_path

from benchmarks.serving.systems.given import given
from benchmarks.serving.systems.predicting import EngineModel
from benchmarks.serving.world import ALL_SIZES, is_text

SERVER = Path(pytriton.__file__).parent / "tritonserver"
MODEL = """import sys
sys.path[:0] = {places!r}
from benchmarks.serving.systems.triton_model import TritonPythonModel
"""
"""The backend's interpreter reads no environment, so the model says where everything is."""


def main() -> None:
    told = given()
    folder = Path.cwd() / f"triton-{told.port}"
    backend = folder / "backends" / "python"
    shutil.copytree(SERVER / "backends" / "python", backend)
    stub = SERVER / "python_backend_stubs" / f"{sys.version_info.major}.{sys.version_info.minor}"
    shutil.copy(stub / "triton_python_backend_stub", backend)
    (folder / "models" / "serving" / "1").mkdir(parents=True)
    (folder / "models" / "serving" / "1" / "model.py").write_text(_model(), encoding="utf-8")
    lines = "\n".join(_configuration(EngineModel(told.checkpoint).fields))
    (folder / "models" / "serving" / "config.pbtxt").write_text(lines, encoding="utf-8")
    os.environ["SERVED_CHECKPOINT"] = str(told.checkpoint)
    os.environ["LD_LIBRARY_PATH"] = os.pathsep.join([os.environ["LD_LIBRARY_PATH"], str(get_libs_path())])
    command = str(SERVER / "bin" / "tritonserver")
    os.execv(
        command,
        [
            command, f"--model-repository={folder / 'models'}", f"--backend-directory={folder / 'backends'}",
            "--http-address=127.0.0.1", f"--http-port={told.port}", "--allow-grpc=false", "--allow-metrics=false",
        ],
    )  # fmt: skip


def _model() -> str:
    return MODEL.format(places=[*os.environ["PYTHONPATH"].split(os.pathsep), sysconfig.get_path("purelib")])


def _configuration(fields: tuple[str, ...]) -> Iterator[str]:
    """Triton's own format: tensors without a batch dimension, so that the context comes once."""
    yield 'name: "serving"\nbackend: "python"\nmax_batch_size: 0'
    for name in ALL_SIZES:
        kind = "TYPE_STRING" if is_text(name) else "TYPE_INT64"
        yield f'input {{ name: "{name}" data_type: {kind} dims: [ -1 ] }}'
    for field in fields:
        yield f'output {{ name: "{field}" data_type: TYPE_FP32 dims: [ -1 ] }}'
    yield "instance_group { count: 1 kind: KIND_CPU }"


if __name__ == "__main__":
    main()
