"""Every script of the shell passes its linter."""

import subprocess
from pathlib import Path

import pytest

from tests.deploy.manifests import ROOT, tool

SCRIPTS = sorted(file for folder in ("deploy", "examples") for file in (ROOT / folder).rglob("*.sh"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_shellcheck_has_nothing_to_say(script: Path) -> None:
    found = subprocess.run([tool("shellcheck"), "--severity=warning", script], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout
