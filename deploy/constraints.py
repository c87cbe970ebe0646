"""Pins what the images install: `python deploy/constraints.py` writes the newest that fit together.

Nothing is installed: pip resolves and reports. TORCH_INDEX_URL names the index of PyTorch's CPU builds, as in the
Dockerfile; what a CUDA build asks for is refused, since these images are for CPUs.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
TORCH = "torch==2.13.0"
WANTED = {
    "build": ["hatchling>=1.25"],
    "service": [TORCH, ".[serve,object-store,tracing]"],
    "training": [TORCH, ".[train,schedule,object-store,tune,tensorboard,distributed,mlflow]"],
    "traffic": ["httpx>=0.27", "pyarrow>=16"],
}
"""By file, what the image asks for: its extras and those that EXTRAS may add."""


def resolved(wanted: list[str]) -> list[str]:
    """`name==version` of everything that an installation of `wanted` would bring, by name."""
    index = ["--extra-index-url", os.environ["TORCH_INDEX_URL"]] if os.environ.get("TORCH_INDEX_URL") else []
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-"]
    report = subprocess.run(  # noqa: S603 - pip, with what stands above
        [*command, *index, *wanted], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    found = {each["metadata"]["name"]: each["metadata"]["version"] for each in json.loads(report)["install"]}
    cuda = sorted(name for name in found if name.lower().startswith(("nvidia-", "cuda-", "triton")))
    if cuda:
        sys.exit(f"the images are for CPUs; found {', '.join(cuda)}: set TORCH_INDEX_URL to an index of CPU builds")
    found.pop("threefold", None)
    # Of a local version such as 2.13.0+cpu the public part is what both indexes have.
    pins = {re.sub(r"[-_.]+", "-", name).lower(): version.partition("+")[0] for name, version in found.items()}
    return [f"{name}=={version}" for name, version in sorted(pins.items())]


def main() -> None:
    """Write every file."""
    folder = ROOT / "deploy" / "constraints"
    for name, wanted in WANTED.items():
        lines = ["# Written by `python deploy/constraints.py`.", *resolved(wanted)]
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
