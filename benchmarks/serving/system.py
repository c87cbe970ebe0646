"""The servers that are measured: how each is started, and in which forms it is asked."""

import json
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.commands import words
from benchmarks.serving.environments import program
from benchmarks.serving.forms import FORMS, JSON, V2_PATH, Form, json_form, split_rows, v2_answered
from benchmarks.serving.questions import Question
from benchmarks.serving.v2_tensors import as_json, tensors

SPLIT_ROWS, V2_JSON, V2_BINARY = FORMS["split_rows"], FORMS["v2_json"], FORMS["v2_binary"]
BARE_ROWS = json_form("plain rows", "/predict", lambda question: question.rows)
NAMED_ROWS = json_form("plain rows", "/predict", lambda question: {"rows": question.rows})
V1_ROWS = json_form("plain rows", "/v1/models/serving:predict", lambda question: {"instances": question.rows})
NOTHING: Mapping[str, str] = {}
TRITON = {"LD_LIBRARY_PATH": sysconfig.get_config_var("LIBDIR") or ""}
"""Its Python backend takes the standard library of the environment's Python, and must find that one's own binary."""
ECHO = "bare ASGI echo"
V1_SPLIT = json_form(
    "context + candidates as rows", "/v1/models/serving:predict", lambda question: {"instances": [split_rows(question)]}
)
FLOAT32_TOLERANCE, REDUCED_TOLERANCE = 1e-4, 0.1


def _repeated(question: Question) -> tuple[bytes, dict[str, str]]:
    return as_json(tensors(question, context_once=False)), JSON


def _repeated_2d(question: Question) -> tuple[bytes, dict[str, str]]:
    """Rows of one value each: what Triton wants where it may put rows together."""
    document = json.loads(_repeated(question)[0])
    for each in document["inputs"]:
        each["shape"] = [*each["shape"], 1]
    return json.dumps(document, separators=(",", ":")).encode(), JSON


V2_REPEATED = Form("v2 tensors, JSON, context repeated", V2_PATH, _repeated, v2_answered)
V2_REPEATED_2D = Form("v2 tensors, JSON, context repeated", V2_PATH, _repeated_2d, v2_answered)


@dataclass(frozen=True)
class System:
    """A server.

    Attributes:
        title: in tables.
        command: of the checkpoint and the port, makes the words that start it.
        forms: in which it is asked; the first one is also the probe.
        environment: makes variables of the environment beside ours, of the checkpoint.
        same_engine: whether it predicts with our engine and graph.
        tolerance: by which its answers may differ from the training network's, relative.
    """

    title: str
    command: Callable[[Path, int], Sequence[str]]
    forms: Sequence[Form]
    environment: Callable[[Path], Mapping[str, str]] = field(default=lambda _: NOTHING)
    same_engine: bool = True
    tolerance: float = FLOAT32_TOLERANCE


def ours(precision: str, forms: Sequence[Form]) -> System:
    """Our service in a precision; a reduced one is as close as its check at export found it to be."""

    def command(checkpoint: Path, port: int) -> Sequence[str]:
        reduced = [] if precision == "float32" else ["--precision", precision]
        return words("serve", "--checkpoint", checkpoint, "--port", port, "--log-level", "warning", *reduced)

    tolerance = FLOAT32_TOLERANCE if precision == "float32" else REDUCED_TOLERANCE
    return System(f"**Threefold**, {precision}", command, forms, tolerance=tolerance)


def baseline() -> System:
    """What all are compared with."""
    command = _module(sys.executable, "fastapi_plain", "eager")
    return System("(a) FastAPI, pydantic rows, eager torch", command, [BARE_ROWS], same_engine=False)


def echo(answer_bytes: int) -> System:
    """HTTP alone, with answers of a length."""
    module = [sys.executable, "-m", "benchmarks.serving.systems.echo"]
    return System(ECHO, lambda _, port: [*module, str(port), str(answer_bytes)], [SPLIT_ROWS])


def peers() -> dict[str, list[System]]:
    """By environment, each peer with our engine and as a user would write it."""
    return {
        "litserve": _both("LitServe", "litserve", [SPLIT_ROWS], NAMED_ROWS),
        "bentoml": [_bentoml("Engine", SPLIT_ROWS), _bentoml("AsWritten", NAMED_ROWS)],
        "mlserver": _both("MLServer", "mlserver", [V2_JSON], V2_REPEATED),
        "kserve": _both("KServe", "kserve", [V1_SPLIT, V2_JSON, V2_BINARY], V1_ROWS),
        "ray": _both("Ray Serve", "ray", [SPLIT_ROWS], BARE_ROWS),
        "triton": _triton(),
    }


def _both(title: str, peer: str, engine: Sequence[Form], written: Form) -> list[System]:
    python, module = program(peer), f"{peer}_server"
    return [
        System(_titled(title, same_engine=True), _module(python, module, "engine"), engine),
        System(_titled(title, same_engine=False), _module(python, module, "eager"), [written], same_engine=False),
    ]


def _triton() -> list[System]:
    """The binary itself with our engine in its Python backend; and PyTriton, as one writes it."""
    python = program("triton")
    return [
        System(
            _titled("Triton", same_engine=True),
            _module(python, "triton_bare_server", "engine"),
            [V2_JSON, V2_BINARY],
            lambda _: TRITON,
        ),
        System(
            _titled("Triton by PyTriton", same_engine=False),
            _module(python, "triton_server", "eager"),
            [V2_REPEATED_2D],
            lambda _: TRITON,
            same_engine=False,
        ),
    ]


def _titled(title: str, *, same_engine: bool) -> str:
    return f"{title}, {'our engine' if same_engine else 'as one writes it'}"


def _module(python: str, module: str, way: str) -> Callable[[Path, int], Sequence[str]]:
    started = [python, "-m", f"benchmarks.serving.systems.{module}"]
    return lambda checkpoint, port: [*started, str(checkpoint), str(port), way]


def _bentoml(service: str, form: Form) -> System:
    command, target = program("bentoml", "bentoml"), f"benchmarks.serving.systems.bentoml_service:{service}"
    return System(
        _titled("BentoML", same_engine=service == "Engine"),
        lambda _, port: [command, "serve", target, "--host", "127.0.0.1", "--port", str(port)],
        [form],
        lambda checkpoint: {"SERVED_CHECKPOINT": str(checkpoint), "BENTOML_DO_NOT_TRACK": "True"},
        same_engine=service == "Engine",
    )
