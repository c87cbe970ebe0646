"""Durations with an interval and values, from the log to the answer, read by other tasks in every way."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from models.checkpoint import load_checkpoint
from service.app import create_app
from service.settings import Settings
from tests.service.client import Client
from tests.training.small import FEATURES, TASKS, config, frame, write_days
from tests.training.worlds import silent
from training.pipeline import Run, run, save
from training.reporting import run_files
from training.score import score

NUM_ROWS = 100
FIELDS = ["click", "dwell", "dwell_median", "dwell_low", "dwell_high", "worth", "worth_probability"]


def log() -> pd.DataFrame:
    """Clicks bring money now and then, more from some users."""
    made = frame(days=5, rows_per_day=900)
    random = np.random.default_rng(1)
    eager = made.user.str[1:].astype(int) / 8
    made["euros"] = (random.random(len(made)) < 0.1 + 0.5 * eager) * np.exp(1 + random.normal(size=len(made)))
    made["seconds"] = np.where(random.random(len(made)) < 0.15, random.uniform(0, 2, len(made)), made.seconds)
    return made


def settings(kind: str, hands_on: str) -> dict[str, Any]:
    taught = 0 if hands_on == "representation" else 20
    edges = [
        {"task": name, "hands_on": hands_on, "teacher_forcing_steps": taught, "stop_gradient": name == "dwell"}
        for name in ("dwell", "worth")
    ]
    dwell = {**TASKS[1], "observed_when": None, "distribution": {"kind": kind, "coverage": 0.8}}
    worth = {"name": "worth", "kind": "value", "label": "euros"}
    return {
        "tasks": [{**TASKS[0], "reads": edges}, {**dwell, "reads": []}, worth],
        "training": {"batch_size": 128, "max_epochs": 4, "num_threads": 1, "weighting": {"kind": "uncertainty"}},
        "evaluation": {"slice_by": ["user"]},
    }


def finished(folder: Path, kind: str, hands_on: str) -> Run:
    return run(config(write_days(folder / "log", log()), **settings(kind, hands_on)), silent())


@pytest.mark.parametrize(
    ("kind", "hands_on"),
    [("bounce_log_normal", "prediction"), ("quantiles", "output"), ("log_normal", "representation")],
)
def test_the_served_numbers_are_the_offline_ones(tmp_path: Path, kind: str, hands_on: str) -> None:
    made = finished(tmp_path, kind, hands_on)
    version = save(made, tmp_path / "versions", run_files(made, ""))
    predictor, manifest = load_checkpoint(version)
    score(predictor, str(tmp_path / "log"), output := tmp_path / "scores.parquet")
    offline = pq.read_table(output)

    features = [feature["name"] for feature in FEATURES]
    sent = log()[features].head(NUM_ROWS).astype({"age": object, "item": object})
    columns = {name: [None if pd.isna(value) else value for value in sent[name]] for name in features}
    with Client(create_app(Settings(checkpoint=version))) as client:
        answer = client.predict({"columns": columns})
        assert answer.status_code == 200, answer.text
        predictions = answer.json()["predictions"]
        card, document = client.get("/model").json(), client.get("/openapi.json").json()
    assert list(predictions[0]) == FIELDS
    for name in FIELDS:
        served = np.array([row[name] for row in predictions])
        np.testing.assert_allclose(served, offline[name].to_numpy()[:NUM_ROWS], rtol=1e-4, atol=1e-5, err_msg=name)
        assert np.isfinite(served).all()
        assert (served >= 0).all()
    assert all(row["dwell_low"] <= row["dwell_median"] <= row["dwell_high"] for row in predictions)

    units = {field["name"]: field["unit"] for task in card["tasks"] for field in task["fields"]}
    assert units == dict(zip(FIELDS, ["probability", *["seconds"] * 4, "amount", "probability"], strict=True))
    properties = document["components"]["schemas"]["Prediction"]["properties"]
    assert properties["dwell_low"]["description"] == (
        "lower end of an interval that holds dwell in 0.8 of all cases (seconds)"
    )
    assert properties["worth"] == {
        "type": "number", "minimum": 0, "description": "expected worth (in the unit of its label)"
    }  # fmt: skip
    assert manifest.calibrations["worth"].kind == "amount"
    page = (version / "report.html").read_text(encoding="utf-8")
    for shown in ("Inside the interval", "of the rows lie inside their interval", "Normalised Gini", "Coverage"):
        assert shown in page


def test_totals_and_coverage_hold_on_the_test_window(tmp_path: Path) -> None:
    made = finished(tmp_path, "bounce_log_normal", "output")
    metrics = made.evaluation.metrics()
    assert metrics["dwell"]["coverage"] == pytest.approx(0.8, abs=0.06)
    assert metrics["worth"]["predicted_over_observed"] == pytest.approx(1, abs=0.25)
    assert made.evaluation.tasks["worth"].base["normalised_gini"] == pytest.approx(0)
    assert len(made.trained.edges) == 2
