"""`threefold train --from` as a user meets it."""

import json
from pathlib import Path

import pytest

from service.app import create_app
from service.settings import Settings
from tests.service.client import Client
from tests.training.growth.logs import days_config
from tests.training.test_commands import threefold, written


@pytest.fixture(scope="module")
def grown(folder: Path, version: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version that the command grew."""
    home = tmp_path_factory.mktemp("command")
    config = written(home / "next.toml", days_config(folder, 2, training={"growth": {"evict_after": "2d"}}))
    done = threefold("train", config, "--from", version.parent, "--output", home / "versions")
    assert done.returncode == 0, done.stderr
    assert f"trains {version.name} on" in done.stderr
    assert f"optimizers go on from {version.name}" in done.stderr
    assert "8 ids kept, 1 new, 1 dropped" in done.stderr
    return Path(done.stdout.strip())


def test_the_version_names_its_parent(grown: Path, version: Path) -> None:
    assert json.loads((grown / "manifest.json").read_text())["training"]["parent"] == version.name


def test_the_service_serves_it(grown: Path) -> None:
    context = {"age": 40.0, "row": 3.0}
    with Client(create_app(Settings(checkpoint=grown))) as client:
        answers = [
            client.predict({"context": {**context, "user": user}, "candidates": [{"item": "1", "tags": "a"}]})
            for user in ("came", "gone", "nobody")
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    came, gone, nobody = (answer.json()["predictions"] for answer in answers)
    assert gone == nobody != came


def test_another_network_is_one_paragraph(folder: Path, version: Path, tmp_path: Path) -> None:
    config = written(tmp_path / "other.toml", days_config(folder, 2, model={"embedding": {"dim": 3}}))
    done = threefold("train", config, "--from", version, "--output", tmp_path / "versions")
    assert done.returncode == 2
    assert "embedding.dim: 2 in the checkpoint, 3 here" in done.stderr
    assert "Traceback" not in done.stderr
