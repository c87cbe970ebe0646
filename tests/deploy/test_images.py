"""The Dockerfile passes its linter, and what it installs is pinned: for CPUs, and apart for each side."""

import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.deploy.manifests import ROOT, tool

CONSTRAINTS = ROOT / "deploy" / "constraints"
PINNED = ROOT / "deploy" / "pinned.py"
OFFLINE_EXTRAS = ("train", "schedule", "mlflow", "tune", "tensorboard", "aggregation", "benchmarks", "client-arrow")
SERVING_EXTRAS = ("serve", "object-store", "tracing")


def pins(name: str) -> dict[str, str]:
    lines = (CONSTRAINTS / f"{name}.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def asked(*extras: str) -> dict[str, Requirement]:
    """What the project asks for by itself and by these extras, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"], *(each for extra in extras for each in project["optional-dependencies"][extra])]
    found = [Requirement(each) for each in named]
    return {canonicalize_name(each.name): each for each in found if each.name != project["name"]}


def test_hadolint_has_nothing_to_say() -> None:
    found = subprocess.run([tool("hadolint"), ROOT / "Dockerfile"], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    ("name", "extras"),
    [
        ("service", SERVING_EXTRAS),
        ("training", ("train", "schedule", "object-store", "tune", "mlflow", "tensorboard", "distributed")),
    ],
)
def test_everything_that_an_image_asks_for_is_pinned_to_what_the_project_takes(
    name: str, extras: tuple[str, ...]
) -> None:
    for package, requirement in asked(*extras).items():
        assert requirement.specifier.contains(pins(name)[package]), requirement


def test_the_images_are_for_cpus_and_the_serving_one_holds_nothing_offline() -> None:
    for name in ("service", "training", "traffic", "build"):
        assert not [each for each in pins(name) if each.startswith(("nvidia-", "cuda-", "triton"))]
    offline = asked(*OFFLINE_EXTRAS).keys() - asked(*SERVING_EXTRAS).keys() - {"jinja2"}  # PyTorch asks for it
    assert {"pandas", "pyarrow", "scikit-learn", "mlflow-skinny", "apscheduler", "lightgbm"} <= offline
    assert not offline & pins("service").keys()
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


def test_an_image_with_more_or_another_version_than_is_pinned_is_refused(tmp_path: Path) -> None:
    """Whatever is installed beside these tests is pinned by the file, until one line of it is another."""
    held = {str(canonicalize_name(each.metadata["Name"])): each.version.partition("+")[0] for each in distributions()}
    file = tmp_path / "pins.txt"

    def check(pinned: dict[str, str]) -> subprocess.CompletedProcess[str]:
        file.write_text("# Written.\n" + "".join(f"{name}=={version}\n" for name, version in pinned.items()))
        return subprocess.run([sys.executable, "-I", PINNED, file], capture_output=True, text=True)

    assert check(held).returncode == 0
    found = check(held | {"pydantic": "0.1"})
    assert found.returncode == 1
    assert f"pydantic {held['pydantic']}" in found.stderr
    assert check({name: version for name, version in held.items() if name != "rich"}).returncode == 1


@pytest.mark.parametrize("name", ["service", "training"])
def test_a_build_ends_where_an_extra_is_not_pinned(name: str) -> None:
    stage = (ROOT / "Dockerfile").read_text().partition(f" AS build-{name}\n")[2].partition("\nFROM ")[0]
    assert "${EXTRAS:+,$EXTRAS}" in stage
    assert f"pinned.py /constraints/{name}.txt" in stage
