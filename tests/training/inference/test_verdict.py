"""A precision passes where nothing is lost that counts, and the verdict names what was."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import TypeAdapter

from models.heads import Task
from models.verdicts import Verdict
from training.inference.config import InferenceConfig
from training.inference.measures import MEASURES
from training.inference.verdict import verdict

LIMITS = InferenceConfig()
ROWS = 4_000
TASKS: list[dict[str, Any]] = [
    {"name": "click", "kind": "binary", "label": "c"},
    {"name": "dwell", "kind": "duration", "label": "d", "distribution": {"kind": "log_normal", "coverage": 0.8}},
    {"name": "stars", "kind": "regression", "label": "s"},
    {"name": "spent", "kind": "value", "label": "v"},
]
Floats = NDArray[np.float64]


def tasks() -> list[Task]:
    return TypeAdapter(list[Task]).validate_python(TASKS)


def world() -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Labels, and predictions that know most of them."""
    random = np.random.default_rng(0)
    known = random.normal(size=ROWS)
    chance = 1 / (1 + np.exp(2 - known))
    seconds = np.exp(2 + known)
    labels = {
        "click": (random.random(ROWS) < chance).astype(float),
        "dwell": seconds * np.exp(random.normal(size=ROWS)),
        "stars": 3 + known + random.normal(size=ROWS),
        "spent": np.where(random.random(ROWS) < chance, seconds, 0.0),
    }
    predictions = {
        "click": chance,
        "dwell": seconds * np.exp(0.5),
        "dwell_median": seconds,
        "dwell_low": seconds * np.exp(-1.28),
        "dwell_high": seconds * np.exp(1.28),
        "stars": 3 + known,
        "spent": chance * seconds,
        "spent_probability": chance,
    }
    return labels, predictions


def judge(changed: dict[str, Floats], limits: InferenceConfig = LIMITS) -> Verdict:
    labels, exact = world()
    return verdict(tasks(), labels, exact, exact | changed, limits)


def noise(field: str, size: float) -> Floats:
    """The field with each value multiplied by noise: its order and its loss suffer, its level hardly."""
    values = world()[1][field]
    factor = np.exp(size * np.random.default_rng(1).normal(size=ROWS) - size**2 / 2)
    noisy = values * factor * values.sum() / (values * factor).sum()
    return np.minimum(noisy, 1.0) if values.max() <= 1 else noisy


def test_the_same_predictions_pass() -> None:
    found = judge({})
    assert found.passed
    assert found.num_rows == ROWS
    for task in tasks():
        assert [each.measure for each in found.tasks[task.name]] == [each.metric for each in MEASURES[task.kind]]


def test_a_rounding_passes() -> None:
    exact = world()[1]
    assert judge({field: values.astype(np.float16).astype(np.float64) for field, values in exact.items()}).passed


@pytest.mark.parametrize(
    ("field", "changed", "measure"),
    [
        ("click", lambda: noise("click", 0.5), "auc of click"),
        ("click", lambda: world()[1]["click"] * 1.02, "predicted_over_observed of click"),
        ("dwell", lambda: noise("dwell", 0.5), "xauc of dwell"),
        ("dwell", lambda: world()[1]["dwell"] * 1.02, "predicted_over_observed of dwell"),
        ("dwell_median", lambda: world()[1]["dwell_median"] * 1.5, "rmse_log1p of dwell"),
        ("dwell_low", lambda: world()[1]["dwell_low"] * 1.2, "coverage of dwell"),
        ("dwell_high", lambda: world()[1]["dwell_high"] * 0.8, "coverage of dwell"),
        ("stars", lambda: world()[1]["stars"] + 0.1, "bias of stars"),
        ("stars", lambda: noise("stars", 0.3), "xauc of stars"),
        ("spent", lambda: noise("spent", 0.7), "normalised_gini of spent"),
        ("spent_probability", lambda: noise("spent_probability", 0.5), "probability_auc of spent"),
    ],
)
def test_every_field_is_looked_at(field: str, changed: Any, measure: str) -> None:
    found = judge({field: changed()})
    assert not found.passed
    broken = [f"{each.measure} of {task}" for task, held in found.tasks.items() for each in held if not each.passed]
    assert measure in broken
    assert broken[0] in found.reason


def test_what_is_better_passes() -> None:
    labels, exact = world()
    worse = {"click": noise("click", 0.5)}
    better = verdict(tasks(), labels, exact | worse, exact, LIMITS.model_copy(update={"max_calibration_shift": 1.0}))
    assert better.passed


def test_limits_are_those_of_the_configuration() -> None:
    changed = {"click": world()[1]["click"] * 1.02}
    assert not judge(changed).passed
    assert judge(changed, InferenceConfig(max_calibration_shift=0.05, max_loss_increase=0.01)).passed


def test_nan_does_not_pass() -> None:
    broken = world()[1]["stars"].copy()
    broken[7] = np.nan
    assert judge({"stars": broken}).reason == "it predicted NaN or infinity"


def test_labels_that_are_all_alike_judge_nothing() -> None:
    labels, exact = world()
    found = verdict(tasks(), labels | {"click": np.zeros(ROWS)}, exact, exact, LIMITS)
    assert not found.passed
    assert "too few different labels to judge click by" in found.reason
