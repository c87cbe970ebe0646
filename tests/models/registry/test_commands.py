"""`threefold models`: each command does its one thing, says it in a line, and gives programs JSON."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from models.cli import build
from models.errors import RegistryError
from models.registry import Registry
from tests.models.registry.made import make, name


def models(*arguments: object) -> Result:
    return CliRunner().invoke(build(), ["models", *map(str, arguments)])


def said(*arguments: object) -> str:
    done = models(*arguments)
    assert done.exit_code == 0, done.exception
    return done.stdout


@pytest.fixture(autouse=True)
def _from_environment(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREEFOLD_REGISTRY", registry.place)


def test_from_promotion_to_rollback(registry: Registry) -> None:
    line = said("promote", name(2), "--who", "ann", "--why", "by hand")
    assert line.rstrip().endswith(f"promote   production -> {name(2)}  by ann: by hand")
    said("promote", name(3), "--expected", name(2))
    assert registry.version_of() == name(3)
    assert f"rollback  production -> {name(2)}" in said("rollback", "--why", "complaints")
    assert registry.history(1)[0].who != "ann"
    refused = models("promote", name(4), "--expected", name(3))
    assert isinstance(refused.exception, RegistryError)


def test_the_list_marks_what_is_pointed_at(registry: Registry) -> None:
    said("promote", name(2))
    said("promote", name(3))
    said("promote", name(3), "--channel", "candidate")
    said("pin", name(1))
    assert said("pin", name(1)) == f"{name(1)} is pinned already\n"
    assert said("list").splitlines() == [
        name(6),
        name(5),
        name(4),
        f"{name(3)}  candidate  production",
        f"{name(2)}  before production",
        f"{name(1)}  pinned",
    ]
    found = json.loads(said("list", "--json"))
    assert found["event"] == registry.head()
    assert found["channels"]["production"] == {"version": name(3), "previous": [name(2)]}
    assert found["versions"][-1] == {"version": name(1), "channels": [], "previous_of": [], "pinned": True}
    said("unpin", name(1))
    assert not registry.state().pins


def test_a_champion_whose_files_are_gone_is_said(registry: Registry) -> None:
    said("promote", name(2))
    Path(registry.place_of(name(2))).rename(Path(registry.place) / ".gone")
    assert f"{name(2)}  production  MISSING" in said("list")


def test_show_has_metrics_and_what_happened(registry: Registry) -> None:
    said("promote", name(2), "--why", "by hand")
    lines = said("show", name(2)).splitlines()
    assert lines[0] == f"{name(2)}  production"
    assert lines[1] == registry.place_of(name(2))
    assert any(line.startswith("click") and "auc 0.7" in line for line in lines)
    assert lines[-2].endswith(": by hand")
    found = json.loads(said("show", name(2), "--json"))
    assert [event["action"] for event in found["history"]] == ["promote", "publish"]
    assert found["metrics"]["click"]["auc"] == 0.7
    assert "none named" in str(models("show", "nope").exception)


def test_prune_says_what_goes_before_and_after(registry: Registry) -> None:
    said("promote", name(1))
    would = said("prune", "--keep", 3, "--dry-run")
    assert would.split() == [name(2), name(3)]
    assert len(registry.versions()) == 6
    assert said("prune", "--keep", 3) == would
    assert registry.versions() == [name(number) for number in (1, 4, 5, 6)]


def test_history_is_newest_first(registry: Registry) -> None:
    said("promote", name(1))
    said("promote", name(2))
    assert len(said("history", "--limit", 3).splitlines()) == 3
    events = json.loads(said("history", "--json"))
    assert [event["number"] for event in events] == list(range(8, 0, -1))
    assert "state" not in events[0]


def test_publish_takes_a_version_or_the_newest_of_a_folder(tmp_path: Path) -> None:
    made = make(tmp_path / "elsewhere", 9)
    place = tmp_path / "other"
    assert said("publish", tmp_path / "elsewhere", "--registry", place) == f"{made.name}\n"
    assert said("list", "--registry", place) == f"{made.name}\n"
    assert said("list", "--registry", tmp_path / "empty") == f"no versions at {tmp_path / 'empty'}\n"


def test_the_serving_side_alone_can_roll_back_and_does_not_wait_for_the_network_library(registry: Registry) -> None:
    said("promote", name(1))
    said("promote", name(2))
    code = (
        "import sys; sys.modules['training'] = sys.modules['service'] = None\n"
        f"sys.argv = ['threefold', 'models', 'rollback', '--registry', {registry.place!r}]\n"
        "from models.registry.commands import register\n"
        "import typer\n"
        "app = typer.Typer(); app.callback()(lambda: None); register(app)\n"
        "app(standalone_mode=False)\n"
        "assert 'torch' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert registry.version_of() == name(1)
