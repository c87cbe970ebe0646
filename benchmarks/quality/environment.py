"""The peers' virtual environment, made when it is first needed."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
REQUIREMENTS = Path(__file__).parent / "requirements.txt"


def peers_python() -> Path:
    """Python of the environment that PEERS names, or of `peers` within the project's own; installs what is missing.

    Raises:
        SystemExit: it cannot be installed; the script has said why.
    """
    folder = Path(os.environ.get("PEERS", Path(sys.prefix) / "peers")).absolute()
    ready = folder / ".ready"
    if not ready.is_file() or ready.read_text(encoding="utf-8") != REQUIREMENTS.read_text(encoding="utf-8"):
        told = {**os.environ, "PEERS": str(folder), "PYTHON": sys.executable}
        if subprocess.run(["bash", "deploy/peers.sh"], cwd=ROOT, env=told, check=False).returncode:
            raise SystemExit(2)
    return folder / "bin" / "python"
