"""Calibration in parts of the test window, and what chance alone leaves of a perfect one."""

import base64

import numpy as np
import pandas as pd
import pytest

from models.calibration import Identity, Platt, Smooth
from models.calibration.by_field import ByField, OwnCalibration
from training.report.calibration import rate_picture
from training.report.curves import rate_bins
from training.report.reliability import MOST_VALUES, reliability_by_value
from training.report.words import calibration_words


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def drawn(rng: np.random.Generator, num_rows: int) -> tuple[np.ndarray, np.ndarray]:
    probability = rng.beta(1.5, 20, num_rows)
    return (rng.random(num_rows) < probability).astype(float), probability


@pytest.mark.parametrize("num_rows", [1_000, 100_000])
def test_perfect_predictions_are_as_far_off_as_chance_says(rng: np.random.Generator, num_rows: int) -> None:
    bins = [rate_bins(*drawn(rng, num_rows)) for _ in range(40)]
    found, expected = (np.mean([getattr(b, name) for b in bins]) for name in ("mean_distance", "chance_distance"))
    assert found == pytest.approx(expected, rel=0.1)


def test_wrong_predictions_are_farther_off(rng: np.random.Generator) -> None:
    label, probability = drawn(rng, 50_000)
    bins = rate_bins(label, 1.4 * probability)
    assert bins.mean_distance > 5 * bins.chance_distance
    assert bins.mean_distance == pytest.approx(0.4 * probability.mean(), rel=0.1)


def test_the_picture_says_both(rng: np.random.Generator) -> None:
    label, probability = drawn(rng, 5_000)
    bins = rate_bins(label, probability)
    found = rate_picture(label, probability, "#000000").found
    assert f"{bins.mean_distance:.2%} apart" in found
    assert f"{bins.chance_distance:.2%}" in found


def test_each_value_has_its_own_axes(rng: np.random.Generator) -> None:
    label, probability = drawn(rng, 6_000)
    names = [f"a long name of a value {number}" for number in range(12)]
    values = pd.Series(rng.choice(names, 6_000))
    picture = reliability_by_value(label, probability, "placement", values, names, "#0a6ebd")
    svg = base64.b64decode(picture.source.partition(",")[2]).decode()
    assert svg.count('id="axes_') == MOST_VALUES
    assert picture.title == "Calibration by placement"
    assert f"of {8 * MOST_VALUES} bins" in picture.found


def test_one_value_is_enough_and_one_outcome_too(rng: np.random.Generator) -> None:
    _, probability = drawn(rng, 500)
    picture = reliability_by_value(np.zeros(500), probability, "tab", pd.Series(["1"] * 500), ["1"], "#0a6ebd")
    assert "of 8 bins" in picture.found


def test_words_say_what_was_fitted() -> None:
    bent = Smooth(inputs=(0.0, 1.0), outputs=(0.0, 2.0))
    assert "2 knots" in calibration_words(bent)
    own = OwnCalibration(row=2, value="home", calibration=Platt())
    assert "By tab: values with a calibration of their own: 1" in calibration_words(
        ByField(field="tab", overall=bent, own=(own,))
    )
    assert "no value has rows enough" in calibration_words(ByField(field="tab", overall=bent))
    assert "Not fitted" in calibration_words(Identity())
