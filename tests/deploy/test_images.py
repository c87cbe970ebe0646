"""The Dockerfile passes its linter, and what it installs is pinned: for CPUs, and apart for each side."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.deploy.manifests import ROOT, tool

CONSTRAINTS = ROOT / "deploy" / "constraints"
OFFLINE = {"pandas", "pyarrow", "scikit-learn", "scipy", "matplotlib", "onnxscript", "apscheduler", "mlflow-skinny"}


def pins(name: str) -> dict[str, str]:
    lines = (CONSTRAINTS / f"{name}.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def asked(*extras: str) -> set[str]:
    """Packages that the project asks for by itself and by these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"], *(each for extra in extras for each in project["optional-dependencies"][extra])]
    return {re.sub(r"[-_.]+", "-", Requirement(each).name).lower() for each in named}


def test_hadolint_has_nothing_to_say() -> None:
    found = subprocess.run([tool("hadolint"), ROOT / "Dockerfile"], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    ("name", "extras"),
    [
        ("service", ("serve", "object-store", "tracing")),
        ("training", ("train", "schedule", "object-store", "tune", "mlflow")),
    ],
)
def test_everything_that_an_image_asks_for_is_pinned(name: str, extras: tuple[str, ...]) -> None:
    assert asked(*extras) <= pins(name).keys()
    assert pins(name)["torch"] == "2.13.0"


def test_the_images_are_for_cpus_and_the_serving_one_holds_nothing_offline() -> None:
    for name in ("service", "training", "traffic", "build"):
        assert not [each for each in pins(name) if each.startswith(("nvidia-", "cuda-", "triton"))]
    assert not OFFLINE & pins("service").keys()
    assert not {"torch", "pandas"} & pins("traffic").keys()


def test_pruning_takes_tests_and_headers_and_leaves_what_runs(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    taken = ("sympy/core/tests/test_a.py", "torch/include/a.h", "torch/bin/test_api", "torch/test/a", "torch/share/a")
    left = ("sympy/core/a.py", "torch/bin/torch_shm_manager", "torch/testing/a.py", "torch/lib/libtorch.so")
    for file in (*taken, *left):
        (packages / file).parent.mkdir(parents=True, exist_ok=True)
        (packages / file).touch()
    for _ in range(2):
        subprocess.run(["sh", ROOT / "deploy" / "prune.sh", tmp_path], check=True)
    assert sorted(str(each.relative_to(packages)) for each in packages.rglob("*") if each.is_file()) == sorted(left)
