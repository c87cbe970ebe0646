"""Schemathesis reads `/openapi.json` and asks every route of a real process whatever it can think of.

Nothing is answered that is not described (status, content type, headers, schema), nothing fails, and what the
description forbids is refused. It sends what a client library would not: wrong types, out of range, odd headers.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.processes import served

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
)
CONFIG = """
# A case may ask for an answer within a millisecond, which 504 refuses.
[checks.not_a_server_error]
expected-statuses = ["2xx", "4xx", "504"]
[checks.negative_data_rejection]
expected-statuses = ["400", "404", "405", "413", "415", "422", "504"]
"""


def ask_everything(checkpoint: Path, folder: Path, *options: str) -> None:
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG)
    with served(folder, "--checkpoint", str(checkpoint), "--max-rows", "200") as service:
        command = [Path(sys.executable).with_name("st"), "--config-file", config, "run", f"{service.url}/openapi.json"]
        command += ["--checks", ",".join(CHECKS), "--no-color", *options]
        found = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        log = service.stop()
    assert found.returncode == 0, found.stdout[-20_000:] + found.stderr
    assert "Traceback" not in log


def test_every_answer_is_as_described(checkpoint: Path, tmp_path: Path) -> None:
    options = ("--phases", "examples,coverage,fuzzing", "--max-examples", "5", "--generation-deterministic")
    ask_everything(checkpoint, tmp_path, *options)


@pytest.mark.slow
def test_every_answer_is_as_described_at_length(checkpoint: Path, tmp_path: Path) -> None:
    ask_everything(checkpoint, tmp_path, "--max-examples", "200")
