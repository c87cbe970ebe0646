"""The command line as a user meets it: whole runs, bad input, and a power cut."""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from models.checkpoint import load_checkpoint
from models.ranking import RankingConfig
from tests.training.worlds import small_config
from training.config import Config, load_config
from training.inference.config import InferenceConfig
from training.pipeline import measure

THREEFOLD = Path(sys.executable).with_name("threefold")
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}


def threefold(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [THREEFOLD, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=120)


def toml(path: Path, log: Path | str, **training: object) -> Path:
    """The small configuration as a file; without graphs, which take seconds to write."""
    bare = {"inference": InferenceConfig(graphs=False)}
    return written(path, small_config(log, **training).model_copy(update=bare))


def written(path: Path, config: Config) -> Path:
    """A configuration as a file."""
    path.write_text(_toml(config.model_dump(mode="json", exclude_none=True)), encoding="utf-8")
    return path


def _toml(config: dict[str, object]) -> str:
    return "\n".join(f"{key} = {_value(value)}" for key, value in config.items())


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_value(held)}" for key, held in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)


@pytest.fixture(scope="module")
def trained(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version that the command trained."""
    folder = tmp_path_factory.mktemp("trained")
    done = threefold("train", written(folder / "small.toml", small_config(world)), "--output", folder / "versions")
    assert done.returncode == 0, done.stderr
    assert "serving: int8" in done.stderr
    version = Path(done.stdout.strip())
    assert version.parent == folder / "versions"
    return version


def test_train_writes_a_version_with_report_and_metrics(trained: Path) -> None:
    assert {file.name for file in trained.iterdir()} == {
        "encoder",
        "inference",
        "manifest.json",
        "metrics.json",
        "reference.json",
        "report.html",
        "weights.safetensors",
    }
    metrics = json.loads((trained / "metrics.json").read_text())
    assert set(metrics["evaluation"]["tasks"]) == {"click", "dwell", "conversion"}
    assert metrics["evaluation"]["tasks"]["click"]["metrics"]["auc"] > 0.55
    manifest = load_checkpoint(trained)[1]
    assert manifest.metrics["click"]["auc"] == metrics["evaluation"]["tasks"]["click"]["metrics"]["auc"]


def test_the_report_says_how_much_of_what_can_be_known_each_head_captured(trained: Path) -> None:
    tasks = json.loads((trained / "metrics.json").read_text())["evaluation"]["tasks"]
    for task in tasks.values():
        assert task["metrics"]["captured"] is not None
    page = (trained / "report.html").read_text()
    assert page.count("of what can be known") >= len(tasks)


def test_evaluate_measures_what_train_measured(trained: Path, tmp_path: Path) -> None:
    config = trained.parent.parent / "small.toml"
    done = threefold("evaluate", config, "--checkpoint", trained, "--output", tmp_path / "report")
    assert done.returncode == 0, done.stderr
    again = json.loads((tmp_path / "report" / "metrics.json").read_text())["evaluation"]
    assert again == json.loads((trained / "metrics.json").read_text())["evaluation"]


def test_another_utility_is_no_other_model(trained: Path, tmp_path: Path) -> None:
    ranked = written(tmp_path / "ranked.toml", _ranked(trained, "click"))
    done = threefold("evaluate", ranked, "--checkpoint", trained)
    assert done.returncode == 0, done.stderr
    broken = written(tmp_path / "broken.toml", _ranked(trained, "log(click - 1)"))
    done = threefold("evaluate", broken, "--checkpoint", trained)
    assert "rows of the test window have no finite score" in done.stderr


def _ranked(trained: Path, utility: str) -> Config:
    """The configuration of a version with a utility."""
    config = load_config(trained.parent.parent / "small.toml")
    return config.model_copy(update={"ranking": RankingConfig(utility=utility)})


def test_score_writes_the_predictors_numbers_in_the_logs_order(world: Path, trained: Path, tmp_path: Path) -> None:
    output = tmp_path / "scores.parquet"
    done = threefold("score", world, "--checkpoint", trained, "--output", output, "--keep", "impression_id")
    assert done.returncode == 0, done.stderr
    scores = pq.read_table(output)
    assert scores.column_names == ["impression_id", "click", "dwell", "dwell_median", "conversion"]
    log = ds.dataset(world, partitioning="hive").to_table(columns=["impression_id"])
    assert scores["impression_id"].equals(log["impression_id"])
    predictor, manifest = load_checkpoint(trained)
    measured = measure(small_config(world), predictor, manifest)
    newest = scores["click"].to_numpy()[-len(measured.scored) :]
    np.testing.assert_allclose(newest, measured.scored.predictions["click"], atol=1e-6)


def test_init_writes_a_configuration_that_trains(world: Path, tmp_path: Path) -> None:
    config = tmp_path / "first.toml"
    done = threefold("init", world, "--output", config)
    assert done.returncode == 0, done.stderr
    text = config.read_text()
    features = [feature["name"] for feature in tomllib.loads(text)["features"]]
    assert "item_id" in features
    assert not [name for name in features if name.startswith("true_")]
    assert "[training]\n" in text, "a small log gets small batches"
    config.write_text(text.replace("[training]\n", "[training]\nmax_steps = 5\n"))
    done = threefold("train", config, "--output", tmp_path / "versions")
    assert done.returncode == 0, done.stderr
    assert threefold("init", world, "--output", config).returncode == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ('name = "small"\nlearning_rat = 1', "learning_rat: no such setting"),
        ('name = "sm all"', "name: "),
        ('name = "small', "is not: "),
    ],
)
def test_a_bad_configuration_is_one_paragraph(world: Path, tmp_path: Path, change: str, message: str) -> None:
    file = toml(tmp_path / "small.toml", world)
    file.write_text(file.read_text().replace('name = "small"', change, 1))
    done = threefold("train", file, "--output", tmp_path / "versions")
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "versions").exists()


def test_an_output_that_cannot_be_written_is_refused_before_training(world: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    done = threefold("train", toml(tmp_path / "small.toml", world), "--output", tmp_path / "taken")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "encoder fitted" not in done.stderr
    assert (tmp_path / "taken").read_text() == "a file"


def test_evaluate_refuses_the_configuration_of_another_model(world: Path, trained: Path, tmp_path: Path) -> None:
    config = toml(tmp_path / "other.toml", world)
    config.write_text(config.read_text().replace('"dim" = 8', '"dim" = 4'))
    done = threefold("evaluate", config, "--checkpoint", trained)
    assert done.returncode == 2
    assert "describes others" in done.stderr


@pytest.mark.parametrize("command", ["train", "score"])
def test_a_killed_writer_leaves_nothing_half_written_visible(
    world: Path, trained: Path, tmp_path: Path, command: str
) -> None:
    output = tmp_path / "out"
    config = toml(tmp_path / "small.toml", world, max_epochs=2)
    arguments = {
        "train": ["train", config, "--output", output],
        "score": ["score", world, "--checkpoint", trained, "--output", output / "scores.parquet"],
    }[command]
    for delay in (2.5, 3.5, 4.5, 5.5):
        process = subprocess.Popen(
            [THREEFOLD, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT
        )
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        for path in output.glob("[!.]*"):
            if command == "train":
                load_checkpoint(path)  # verifies every checksum
            else:
                assert pq.read_table(path).num_rows == ds.dataset(world).count_rows()
    done = threefold(*arguments)
    assert done.returncode == 0, done.stderr
