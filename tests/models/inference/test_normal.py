"""The normal distribution of the graphs is the normal distribution."""

import torch

from models.heads.normal import Normal
from models.inference.normal import NormalByPolynomials

EXACT, MADE = Normal(), NormalByPolynomials()
PLACES = torch.linspace(-30, 30, 4001, dtype=torch.float64)


def test_chances_and_their_logarithms() -> None:
    assert (MADE.below(PLACES) - EXACT.below(PLACES)).abs().max() < 1e-12
    assert (MADE.log_below(PLACES) - EXACT.log_below(PLACES)).abs().max() < 1e-11
    near = PLACES[PLACES > -8]
    assert (MADE.below(near) / EXACT.below(near) - 1).abs().max() < 1e-11


def test_places_in_both_tails_and_between() -> None:
    shares = torch.cat(
        [torch.logspace(-290, -0.01, 4000, dtype=torch.float64), 1 - torch.logspace(-14, -1, 500).double()]
    )
    assert (MADE.place(shares) - EXACT.place(shares)).abs().max() < 1e-10


def test_what_lies_below_a_place_lies_below_it() -> None:
    inner = PLACES[PLACES.abs() < 6]
    assert (MADE.place(MADE.below(inner)) - inner).abs().max() < 1e-6
    assert MADE.place(torch.tensor([0.5], dtype=torch.float64)).abs().item() < 1e-10


def test_beyond_all_numbers_it_stays_finite() -> None:
    shares = torch.tensor([0.0, 1e-320, 1.0], dtype=torch.float64)
    assert MADE.place(shares).isfinite().all()
    assert MADE.log_below(torch.tensor([-37.0, 1e9], dtype=torch.float64)).isfinite().all()
