"""From an object store and back into it: a log is trained on, its version is evaluated and served, all by URL."""

import json
from pathlib import Path

import pytest
from pyarrow.fs import copy_files
from typer.testing import CliRunner, Result

from models.checkpoint import load_checkpoint
from models.cli import build
from models.errors import CheckpointError, ConfigError
from models.storage.fetch import fetched
from service.engine import Engine
from service.settings import Settings
from tests.storage.server import Server
from tests.training.test_commands import toml
from tests.training.worlds import write_world


def threefold(*arguments: object) -> Result:
    return CliRunner().invoke(build(), list(map(str, arguments)))


def test_a_whole_run_by_url(server: Server, s3: str, local: Path, tmp_path: Path) -> None:
    world = write_world(tmp_path / "world")
    copy_files(str(world), f"{s3}/logs".removeprefix("s3://"), destination_filesystem=server.files)
    config = toml(tmp_path / "small.toml", f"{s3}/logs", max_steps=5)
    done = threefold("train", config, "--output", f"{s3}/versions")
    assert done.exit_code == 0, done.exception
    place = done.stdout.strip().splitlines()[-1]
    assert place.startswith(f"{s3}/versions/")
    assert not list((local / "trained").iterdir())

    version = fetched(place)
    metrics = json.loads((version / "metrics.json").read_text())["evaluation"]
    done = threefold("evaluate", config, "--checkpoint", place, "--data", world, "--output", tmp_path / "report")
    assert done.exit_code == 0, done.exception
    assert json.loads((tmp_path / "report" / "metrics.json").read_text())["evaluation"] == metrics

    engine = Engine.load(Settings(checkpoint=f"{s3}/versions"))
    engine.close()
    assert engine.manifest == load_checkpoint(version)[1]

    done = threefold("publish", version, f"{s3}/elsewhere")
    assert done.exit_code == 0, done.exception
    assert done.stdout.strip() == f"{s3}/elsewhere/{version.name}"


def test_a_place_that_takes_nothing_is_refused_before_training(
    s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = toml(tmp_path / "small.toml", tmp_path / "no-log-at-all")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "topsecret")
    done = threefold("train", config, "--output", f"{s3}/versions")
    assert isinstance(done.exception, CheckpointError)
    assert "refused" in str(done.exception)


@pytest.mark.parametrize("command", ["simulate", "init"])
def test_what_is_written_to_local_paths_says_so(tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_world(tmp_path / "world")
    given = {"simulate": ["s3://bucket/x", "--days", "1"], "init": ["world", "--output", "s3://bucket/x.toml"]}[command]
    done = threefold(command, *given)
    assert isinstance(done.exception, ConfigError)
    assert "written to a local path; found the URL s3://bucket/x" in str(done.exception)
    assert not (tmp_path / "s3:").exists()
