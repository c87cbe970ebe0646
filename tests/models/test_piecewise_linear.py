"""Numbers on lines between learned vectors: continuous, straight between edges, held beyond them."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from models.features import NumericFeature, NumericStatistics
from models.features.numeric import encode_pieces
from models.inputs.piecewise_linear import PiecewiseLinear

EDGES = (-2.0, -1.0, 0.5, 4.0)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def statistics(edges: tuple[float, ...] = EDGES) -> NumericStatistics:
    return NumericStatistics(mean=0, standard_deviation=1, boundaries=edges[1:-1], lowest=edges[0], highest=edges[-1])


def feature(**settings: Any) -> NumericFeature:
    named = {"name": "x", "kind": "numeric", "scope": "candidate", "encoding": "piecewise_linear"}
    return NumericFeature.model_validate({**named, **settings})


def encode(values: list[float], edges: tuple[float, ...] = EDGES, **settings: Any) -> np.ndarray:
    return encode_pieces(feature(**settings), statistics(edges), np.array(values))


def paper(value: float, edges: tuple[float, ...] = EDGES) -> list[float]:
    """Equation 1, piece by piece, for a value held within the outer edges."""
    value = min(max(value, edges[0]), edges[-1])
    encoded = []
    for low, high in pairwise(edges):
        if value < low:
            encoded.append(0.0)
        else:
            encoded.append(1.0 if value >= high else (value - low) / (high - low))
    return encoded


def embedded(module: PiecewiseLinear, values: list[float], edges: tuple[float, ...] = EDGES) -> Tensor:
    numbers = torch.from_numpy(encode(values, edges))
    result: Tensor = module(numbers[:, :1], numbers[:, 1:])
    return result


class TestPosition:
    @given(st.lists(FINITE, min_size=1))
    def test_it_holds_the_vector_of_the_paper(self, values: list[float]) -> None:
        positions = encode(values)[:, :1]
        found = (positions - np.arange(3)).clip(0, 1)
        np.testing.assert_allclose(found, [paper(value) for value in values], rtol=1e-5, atol=1e-6)

    @given(st.lists(FINITE, min_size=2), st.lists(st.floats(-1e150, 1e150), min_size=1, max_size=9, unique=True))
    def test_it_is_finite_monotone_and_within_the_pieces(self, values: list[float], edges: list[float]) -> None:
        found = encode(sorted(values), tuple(sorted(edges)))
        assert np.isfinite(found).all()
        assert (np.diff(found[:, 0]) >= 0).all()
        assert found[:, 0].min() >= 0
        assert found[:, 0].max() <= len(edges) - 1

    def test_missing_and_beyond_the_edges(self) -> None:
        assert encode([math.nan, -1e308, -2.0, 4.0, 1e308]).tolist() == [[0, 1], [0, 0], [0, 0], [3, 0], [3, 0]]

    def test_a_constant_feature_has_no_pieces(self) -> None:
        constant = NumericStatistics(mean=3, standard_deviation=1, boundaries=(), lowest=3, highest=3)
        assert constant.num_pieces == 0
        values = np.array([3.0, 99.0, math.nan])
        assert encode_pieces(feature(), constant, values).tolist() == [[0, 0], [0, 0], [0, 1]]

    def test_the_edges_are_of_the_transformed_values(self) -> None:
        assert encode([math.expm1(4.0), math.expm1(0.5)], transform="log1p")[:, 0].tolist() == pytest.approx([3, 2])


class TestEmbedding:
    @pytest.mark.parametrize("activation", ["none", "relu", "gelu"])
    def test_it_is_a_linear_layer_on_the_vector_of_the_paper(self, activation: Any) -> None:
        module = PiecewiseLinear([3], 5, activation)
        values = [-9.0, -2.0, -1.5, -1.0, 0.0, 3.9, 4.0, 7.0]
        encoding = torch.tensor([paper(value) for value in values])
        linear = encoding @ module.weights[0] + module.biases[0]
        expected = linear if activation == "none" else getattr(torch.nn.functional, activation)(linear)
        torch.testing.assert_close(embedded(module, values), expected)

    def test_it_is_continuous_also_at_the_edges(self) -> None:
        module = PiecewiseLinear([3], 5, "relu")
        steps = np.linspace(-3, 5, 4_001)
        found = embedded(module, steps.tolist()).detach()
        steepest = float(module.weights.detach().abs().max()) / min(np.diff(EDGES))
        assert float(found.diff(dim=0).abs().max()) <= steepest * (steps[1] - steps[0]) * 1.05

    @given(st.integers(0, 2), st.floats(0, 1), st.floats(0, 1))
    def test_it_is_straight_between_two_edges(self, piece: int, one: float, other: float) -> None:
        module = PiecewiseLinear([3], 4, "none")
        low, high = EDGES[piece], EDGES[piece + 1]
        ends = [low + one * (high - low), low + other * (high - low)]
        found = embedded(module, [*ends, sum(ends) / 2])
        torch.testing.assert_close(found[2], found[:2].mean(dim=0), rtol=1e-4, atol=1e-5)

    def test_missing_has_a_vector_of_its_own(self) -> None:
        module = PiecewiseLinear([3], 4, "relu")
        with torch.no_grad():
            module.missing.fill_(-7.0)
        found = embedded(module, [math.nan, -2.0])
        assert (found[0] == -7).all()
        found.sum().backward()
        assert module.missing.grad is not None
        assert (module.missing.grad == 1).all()

    def test_features_of_different_pieces_do_not_meet(self) -> None:
        module = PiecewiseLinear([3, 0, 1], 4, "none")
        positions = torch.tensor([[2.5, 0.0, 1.0], [0.5, 0.0, 0.25]], requires_grad=True)
        found = module(positions, torch.zeros(2, 3)).view(2, 3, 4)
        alone = PiecewiseLinear([3], 4, "none")
        with torch.no_grad():
            alone.weights.copy_(module.weights[:1])
            alone.biases.copy_(module.biases[:1])
        torch.testing.assert_close(found[:, 0], alone(positions[:, :1], torch.zeros(2, 1)))
        torch.testing.assert_close(found[:, 1], module.biases[1].expand(2, 4))
        assert not module.weights[1].any(), "a constant has no piece to learn a slope of"
        assert not module.weights[2, 1:].any()

    def test_only_constants_are_no_error(self) -> None:
        module = PiecewiseLinear([0], 4, "none")
        torch.testing.assert_close(module(torch.zeros(2, 1), torch.zeros(2, 1)), module.biases.expand(2, 4))
