"""`threefold tune` as a user meets it, with a power cut."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.training.test_commands import ENVIRONMENT, THREEFOLD, threefold
from tests.training.tuning.spaces import given
from tests.training.worlds import write_world
from training.config import load_config

tomli_w = pytest.importorskip("tomli_w")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tuned")
    log = write_world(folder / "logs", days=3, rows_a_day=1_500)
    file = folder / "small.toml"
    file.write_text(tomli_w.dumps(given(log)), encoding="utf-8")
    return file


def test_a_killed_search_goes_on_and_its_best_configuration_trains(file: Path) -> None:
    out = file.parent / "out"
    command = [THREEFOLD, "tune", file, "--trials", "500", "--output", out]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 100
        while len(list(out.glob("trials/*.json"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    made = len(list(out.glob("trials/*.json")))
    assert made >= 2
    done = threefold("tune", file, "--trials", str(made + 1), "--output", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(out / "best.toml")
    numbers = json.loads((out / "trials.json").read_text(encoding="utf-8"))
    assert [trial["number"] for trial in numbers["trials"]] == list(range(made + 1))
    assert "optimistic" in done.stderr or "given configuration is the best" in done.stderr
    assert load_config(out / "best.toml").name == load_config(file).name
    trained = threefold("train", out / "best.toml", "--output", out / "versions")
    assert trained.returncode == 0, trained.stderr


def test_a_wrong_path_is_one_paragraph_and_makes_no_trial(file: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    text = file.read_text(encoding="utf-8")
    assert '"model.trunk.num_experts"' in text
    wrong.write_text(text.replace('"model.trunk.num_experts"', '"model.trunk.experts"'), encoding="utf-8")
    done = threefold("tune", wrong, "--output", tmp_path / "out")
    assert done.returncode == 2
    assert "no such setting" in done.stderr
    assert not list((tmp_path / "out").rglob("*.json"))
