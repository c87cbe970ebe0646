"""`threefold lr-range` and automatic rates as a user meets them."""

import html
import json
import tomllib
from pathlib import Path

import pytest

from models.manifest import read_manifest
from tests.training.test_commands import threefold, toml
from training.config import TrainingConfig
from training.history import FoundRates, History
from training.report.notes import _of_training

SHORT = {"max_steps": 40, "batch_size": 128, "validation_rows": 1_000}


@pytest.fixture(scope="module")
def found(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command wrote for two heads and frozen rest: sweeps of everything are tested in tests/training/rates."""
    folder = tmp_path_factory.mktemp("lr-range")
    frozen = {"kind": "adamw", "learning_rate": 0.0}
    schedule = {"kind": "cosine", "final_share": 0.1}
    optimizers = {
        "embeddings": {"kind": "rowwise_adagrad", "learning_rate": 0.0},
        "shared": frozen,
        "heads.click": {"kind": "adamw", "learning_rate": 2e-3, "weight_decay": 0.01, "schedule": schedule},
        "heads.conversion": frozen,
    }
    file = toml(folder / "small.toml", world, optimizers=optimizers, weighting={"kind": "fixed"}, **SHORT)
    done = threefold("lr-range", file, "--output", folder / "found", "--seed", "3")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (folder / "found" / "rates.toml").read_text(encoding="utf-8")
    return folder / "found"


def test_the_numbers_hold_every_swept_subnet(found: Path) -> None:
    numbers = json.loads((found / "rates.json").read_text(encoding="utf-8"))
    assert [each["subnet"] for each in numbers["subnets"]] == ["heads.click", "heads.dwell"]
    assert [each["first_rate"] for each in numbers["subnets"]] == [2e-3, 1e-3]
    assert numbers["num_steps"] > 0
    for each in numbers["subnets"]:
        assert {"rate", "loss", "losses", "dead_units"} == each["rising"][0].keys()


def test_the_lines_to_paste_are_groups_of_a_configuration(found: Path) -> None:
    numbers = json.loads((found / "rates.json").read_text(encoding="utf-8"))
    pasted = tomllib.loads((found / "rates.toml").read_text(encoding="utf-8"))
    groups = TrainingConfig.model_validate(pasted["training"]).optimizers
    rates = {each["subnet"]: each["proposal"]["rate"] for each in numbers["subnets"]}
    assert {name: group.learning_rate for name, group in groups.items()} == pytest.approx(rates)
    click = groups["heads.click"]
    assert click.kind == "adamw"
    assert (click.weight_decay, click.schedule.kind) == (0.01, "cosine")


def test_the_page_shows_a_picture_a_subnet_and_loads_nothing(found: Path) -> None:
    page = (found / "rates.html").read_text(encoding="utf-8")
    assert page.count('<img src="data:image/svg+xml;base64,') == 2
    assert "http://" not in page
    assert "https://" not in page
    assert (found / "rates.toml").read_text(encoding="utf-8").split("\n")[0] in html.unescape(page)
    assert {file.name for file in found.iterdir()} == {"rates.html", "rates.json", "rates.toml"}


def test_found_rates_are_not_overwritten(world: Path, found: Path, tmp_path: Path) -> None:
    done = threefold("lr-range", toml(tmp_path / "small.toml", world), "--output", found)
    assert done.returncode == 2
    assert "not overwritten" in done.stderr
    assert "train " not in done.stderr  # refused before the log was read


def test_a_training_stores_the_rates_that_it_found(world: Path, tmp_path: Path) -> None:
    automatic = {"heads.click": {"kind": "adamw", "learning_rate": "auto"}}
    file = toml(tmp_path / "small.toml", world, optimizers=automatic, **SHORT)
    done = threefold("train", file, "--output", tmp_path / "versions")
    assert done.returncode == 0, done.stderr
    assert "learning rates of heads.click found automatically" in done.stderr
    version = Path(done.stdout.strip())
    record = read_manifest(version).training
    rate = record["rates_found_automatically"]["heads.click"]
    assert record["config"]["training"]["optimizers"]["heads.click"]["learning_rate"] == rate
    metrics = json.loads((version / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["history"]["found_rates"]["by_subnet"] == {"heads.click": rate}
    assert metrics["history"]["readings"][0]["learning_rates"]["heads.click"] == pytest.approx(rate)
    assert f"heads.click {rate:g}" in (version / "report.html").read_text(encoding="utf-8")


def test_a_training_too_small_for_a_sweep_says_so(world: Path, tmp_path: Path) -> None:
    automatic = {"shared": {"kind": "adamw", "learning_rate": "auto"}}
    file = toml(tmp_path / "small.toml", world, optimizers=automatic, batch_size=50_000)
    done = threefold("train", file, "--output", tmp_path / "versions")
    assert done.returncode == 2
    assert "fewer than training.batch_size = 50,000: lower it, or give the rates" in " ".join(done.stderr.split())


def test_the_report_notes_found_rates_only_where_some_were_found() -> None:
    assert not any("automatically" in note.text for note in _of_training(History()))
    notes = [note.text for note in _of_training(History(found_rates=FoundRates({"shared": 0.02}, 1_500)))]
    assert notes == ["Learning rates found automatically, by short runs of 1,500 steps: shared 0.02."]
