"""deploy/secrets.sh: made once, never shown, and the service knows a digest alone."""

import hashlib
import shutil
import stat
import subprocess
from pathlib import Path

from tests.deploy.manifests import ROOT


def make(folder: Path) -> str:
    """Run a copy of the script; what it said."""
    shutil.copy(ROOT / "deploy" / "secrets.sh", folder)
    return subprocess.run(["bash", folder / "secrets.sh"], capture_output=True, text=True, check=True).stdout


def test_secrets_are_made_once_and_not_shown(tmp_path: Path) -> None:
    said = make(tmp_path)
    folder = tmp_path / "secrets"
    before = {file.name: file.read_text() for file in folder.iterdir()}
    assert before.keys() == {"grafana_password", "admin_key", "service.env"}
    assert len(before["grafana_password"]) == len(before["admin_key"]) == 64
    assert before["grafana_password"] != before["admin_key"]
    digest = hashlib.sha256(before["admin_key"].encode()).hexdigest()
    assert before["service.env"] == f"THREEFOLD_ADMIN_KEY_SHA256={digest}\n"
    assert not any(value.strip() in said for value in before.values())
    said = make(tmp_path)
    assert "nothing new" in said
    assert {file.name: file.read_text() for file in folder.iterdir()} == before
    (folder / "admin_key").unlink()
    make(tmp_path)
    assert (folder / "admin_key").read_text() != before["admin_key"]
    assert (folder / "grafana_password").read_text() == before["grafana_password"]


def test_only_the_owner_reaches_them(tmp_path: Path) -> None:
    make(tmp_path)
    folder = tmp_path / "secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "admin_key").stat().st_mode) == 0o600
    # Grafana runs as another user, and reads what is mounted as a file of its own.
    assert stat.S_IMODE((folder / "grafana_password").stat().st_mode) == 0o644


def test_neither_git_nor_an_image_holds_them() -> None:
    ignored = subprocess.run(["git", "check-ignore", "-q", "deploy/secrets/admin_key"], cwd=ROOT)
    assert ignored.returncode in {0, 128}, "128: not a checkout"
    kept = (ROOT / ".dockerignore").read_text().splitlines()
    assert kept[0] == "*"
    assert not any(line.startswith(("!deploy/secrets", "!deploy/\n")) or line == "!deploy" for line in kept)
