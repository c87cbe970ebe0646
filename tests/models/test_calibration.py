"""Calibrations keep the order of all candidates."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from models.calibration import Calibration, Identity, Moment, Platt


@given(st.floats(1e-3, 1e3), st.floats(-100, 100))
def test_platt_is_monotone(slope: float, intercept: float) -> None:
    logits = Platt(slope=slope, intercept=intercept).logit(torch.linspace(-5, 5, 50))
    assert (logits.diff() >= 0).all()


def test_defaults_change_nothing() -> None:
    logits = torch.randn(9)
    assert torch.equal(Platt().logit(logits), logits)
    assert Moment().factor == 1


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (Platt, {"slope": 0}),
        (Platt, {"slope": -1}),
        (Platt, {"slope": math.nan}),
        (Platt, {"intercept": math.inf}),
        (Moment, {"factor": 0}),
        (Moment, {"factor": math.inf}),
    ],
)
def test_what_would_break_the_order_is_refused(kind: type[Platt | Moment], settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="1 validation error"):
        kind.model_validate(settings)


@pytest.mark.parametrize("calibration", [Identity(), Platt(slope=1 / 3, intercept=-0.1), Moment(factor=math.pi)])
def test_json_keeps_every_bit(calibration: Calibration) -> None:
    adapter: TypeAdapter[Calibration] = TypeAdapter(Calibration)
    assert adapter.validate_json(adapter.dump_json(calibration)) == calibration
