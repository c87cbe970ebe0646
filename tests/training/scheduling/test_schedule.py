"""A whole schedule: from its configuration to the signal that ends it."""

import io
import json
import os
import signal
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from models.cli import build
from models.errors import ConfigError
from tests.training.scheduling.fakes import script
from training.commands import schedule as command
from training.resume.lock import alone
from training.scheduling.child import COMMAND, Child
from training.scheduling.schedule import Schedule, keep

CONFIG = """
name = "nightly"
data = { path = "logs", timestamp = "time", split = { validation = "1d", test = "1d" } }
features = [{ name = "user", kind = "categorical", scope = "context" }]
tasks = [{ name = "click", kind = "binary", label = "clicked" }]
"""
STOPS_ITS_PARENT = """
import os, signal, sys, time
print("retrain was here", flush=True)
if len(sys.argv) > 1:
    os.kill(os.getppid(), int(sys.argv[1]))
    time.sleep(600)
sys.exit(10)
"""


def config_file(folder: Path, retrain: bool = True) -> Path:
    file = folder / "nightly.toml"
    section = f'[retrain]\nregistry = "{folder}/registry"\nwork = "{folder}/work"\n' if retrain else ""
    file.write_text(CONFIG + section, encoding="utf-8")
    return file


def remembered(folder: Path) -> dict[str, object]:
    found = json.loads((folder / "work" / "schedule.json").read_text())
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run_and_the_schedule_and_is_made_up_for(
    tmp_path: Path, number: int, capfd: pytest.CaptureFixture[str]
) -> None:
    before = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    text = io.StringIO()
    yearly = Schedule(config_file(tmp_path), "0 0 1 1 *", once_now=True, metrics=("127.0.0.1", 0))
    child = Child([*script(tmp_path, STOPS_ITS_PARENT), str(number)], grace_s=60)
    assert keep(yearly, child, Console(file=text)) == (number == signal.SIGINT)
    assert "retrain was here" in capfd.readouterr().out
    assert "ended by signal 15" in text.getvalue()
    assert remembered(tmp_path)["unfinished"] is not None
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)] == before


def test_the_next_start_makes_up_for_it_and_remembers_the_outcome(tmp_path: Path) -> None:
    test_file = config_file(tmp_path)
    text = io.StringIO()

    class StopsUs(Child):
        def run(self) -> int:
            code = super().run()
            os.kill(os.getpid(), signal.SIGTERM)
            return code

    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "schedule.json").write_text('{"dealt_until": "2020-05-05T00:00:00Z"}')
    keep(Schedule(test_file, "0 0 1 1 *"), StopsUs(script(tmp_path, STOPS_ITS_PARENT), 60), Console(file=text))
    assert "the run of 2021-01-01 00:00:00 UTC was missed" in text.getvalue()
    found = remembered(tmp_path)
    assert found["runs"] == {"held": 1}
    assert found["unfinished"] is None


def test_a_second_schedule_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with alone(tmp_path / "work" / ".schedule"), pytest.raises(ConfigError, match="one process keeps a schedule"):
        keep(Schedule(config_file(tmp_path), "0 3 * * *"), Child(["never"], 1), Console(file=io.StringIO()))


def test_a_configuration_without_the_section_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\[retrain\]"):
        keep(Schedule(config_file(tmp_path, False), "0 3 * * *"), Child(["never"], 1), Console(file=io.StringIO()))


def test_the_command_hands_its_options_on_to_retrain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Schedule, Child]] = []

    def keeps(schedule: Schedule, child: Child, console: Console) -> bool:
        seen.append((schedule, child))
        return True

    monkeypatch.setattr("training.scheduling.schedule.keep", keeps)
    given = ["--registry", "s3://models", "--data", "logs"]
    asked = [
        "schedule",
        "my.toml",
        "--cron",
        "15 3 * * *",
        *given,
        "--metrics-port",
        "9101",
        "--timezone",
        "Asia/Tokyo",
    ]
    found = CliRunner().invoke(build(), asked)
    assert found.exit_code == command.EXIT_INTERRUPTED
    schedule, child = seen[0]
    assert child.command == (sys.executable, "-m", "models.cli", "retrain", "my.toml", *given)
    assert (schedule.cron, schedule.timezone) == ("15 3 * * *", "Asia/Tokyo")
    assert schedule.metrics == ("127.0.0.1", 9101)


def test_the_command_of_a_run_is_the_one_of_this_environment(capfd: pytest.CaptureFixture[str]) -> None:
    assert Child([*COMMAND, "--help"], grace_s=60).run() == 0
    assert "models.cli retrain" in capfd.readouterr().out


def test_a_missing_library_is_refused_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    found = CliRunner().invoke(build(), ["schedule", "my.toml", "--cron", "* * * * *"])
    assert isinstance(found.exception, ConfigError)
    assert "threefold[schedule]" in str(found.exception)
