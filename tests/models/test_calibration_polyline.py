"""Calibrations made of straight pieces keep every order, and a line on top of one is one of the same kind."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from models.calibration import Calibration, Identity, Isotonic, Platt, Smooth

KNOTS = st.lists(st.tuples(st.floats(0.01, 2), st.floats(0.01, 2)), min_size=1, max_size=9)
KINDS = pytest.mark.parametrize("kind", [Isotonic, Smooth])


def made(kind: type[Isotonic | Smooth], steps: list[tuple[float, float]]) -> Isotonic | Smooth:
    knots = torch.tensor(steps, dtype=torch.float64).cumsum(0) - 5
    return kind(inputs=tuple(knots[:, 0].tolist()), outputs=tuple(knots[:, 1].tolist()), slope_above=0.3)


@KINDS
@given(steps=KNOTS)
def test_it_rises_strictly(kind: type[Isotonic | Smooth], steps: list[tuple[float, float]]) -> None:
    logits = made(kind, steps).logit(torch.linspace(-9, 20, 400, dtype=torch.float64))
    assert (logits.diff() > 0).all()


@KINDS
@given(steps=KNOTS)
def test_it_goes_through_its_knots_and_straight_between_them(
    kind: type[Isotonic | Smooth], steps: list[tuple[float, float]]
) -> None:
    line = made(kind, steps)
    x, y = (torch.tensor(knots, dtype=torch.float64) for knots in (line.inputs, line.outputs))
    torch.testing.assert_close(line.logit(x), y)
    torch.testing.assert_close(line.logit((x[1:] + x[:-1]) / 2), (y[1:] + y[:-1]) / 2)
    assert line.logit(x[:1] - 2).item() == pytest.approx(y[0].item() - 2)
    assert line.logit(x[-1:] + 2).item() == pytest.approx(y[-1].item() + 0.6)


@pytest.mark.parametrize(
    "calibration",
    [Identity(), Platt(slope=0.7, intercept=-1.0), made(Isotonic, [(1, 0.4)] * 4), made(Smooth, [(1, 2)])],
)
def test_a_line_on_top(calibration: Identity | Platt | Isotonic | Smooth) -> None:
    logits = torch.linspace(-9, 9, 50, dtype=torch.float64)
    then = calibration.then(1.3, -0.2)
    torch.testing.assert_close(then.logit(logits), 1.3 * calibration.logit(logits) - 0.2)
    adapter: TypeAdapter[Calibration] = TypeAdapter(Calibration)
    assert adapter.validate_json(adapter.dump_json(then)) == then


@KINDS
@pytest.mark.parametrize(
    ("inputs", "outputs"), [((0.0, 0.0), (0.0, 1.0)), ((0.0, 1.0), (1.0, 0.0)), ((0.0, 1.0), (0.0,)), ((), ())]
)
def test_what_would_break_the_order_is_refused(
    kind: type[Isotonic | Smooth], inputs: tuple[float, ...], outputs: tuple[float, ...]
) -> None:
    with pytest.raises(ValidationError):
        kind(inputs=inputs, outputs=outputs)
