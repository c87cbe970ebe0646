"""What `kubectl kustomize` makes of a folder below deploy/kubernetes."""

import os
import shutil
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
CLUSTER = ("base", "overlays/local", "overlays/production")
FOLDERS = (*CLUSTER, "training-job")


def tool(name: str) -> str:
    """Where a program is: beside this Python, or on the path. A test without it is skipped."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        pytest.skip(f"{name} is not installed (docs/deployment.md)")
    return found


@cache
def resources(folder: str) -> tuple[dict[str, Any], ...]:
    """Every resource of a folder."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    made = subprocess.run([tool("kubectl"), "kustomize", KUBERNETES / folder], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return tuple(yaml.safe_load_all(made.stdout))


def by_kind(folder: str) -> dict[str, list[dict[str, Any]]]:
    """The same by kind."""
    found = defaultdict(list)
    for resource in resources(folder):
        found[resource["kind"]].append(resource)
    return found


def pod_of(resource: dict[str, Any]) -> dict[str, Any] | None:
    """The pod that a resource makes; None where it makes none."""
    spec = resource.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    pod: dict[str, Any] | None = spec.get("template")
    return pod


def pods(folder: str) -> list[dict[str, Any]]:
    """Every pod of a folder."""
    return [pod for each in resources(folder) if (pod := pod_of(each)) is not None]
