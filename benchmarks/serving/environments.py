"""The peers' virtual environments, made when they are first needed."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FOLDER = Path(os.environ.get("SERVING_PEERS", Path(sys.prefix) / "serving_peers")).absolute()


def install(peers: Sequence[str]) -> None:
    """Install what is missing; a peer that cannot be had is told by the script, and does not start later."""
    told = {**os.environ, "SERVING_PEERS": str(FOLDER), "PYTHON": sys.executable}
    subprocess.run(["bash", "deploy/serving_peers.sh", *peers], cwd=ROOT, env=told, check=False)


def program(peer: str, name: str = "python") -> str:
    """A program of a peer's environment."""
    return str(FOLDER / peer / "bin" / name)
