"""Dot products of all pairs of embeddings as inputs of the trunk."""

from itertools import combinations

import torch

from models.inputs import DotProducts
from tests.models import rich


def test_every_pair_is_told_once() -> None:
    embeddings = torch.randn(6, 4, 3, dtype=torch.float64)
    products = DotProducts(4).double()
    products.normalisation.eval()  # running mean 0 and variance 1: the products themselves, but for eps
    slow = [(embeddings[:, a] * embeddings[:, b]).sum(dim=1) for a, b in combinations(range(4), 2)]
    expected = torch.stack(slow, dim=1) / (1 + products.normalisation.eps) ** 0.5
    torch.testing.assert_close(products(embeddings.flatten(1)), expected)


def test_products_of_tiny_embeddings_are_as_visible_as_those_of_large_ones() -> None:
    embeddings = torch.randn(500, 5, 8, dtype=torch.float64).flatten(1)
    products = DotProducts(5).double()
    products.normalisation.eps = 1e-30
    torch.testing.assert_close(products(embeddings * 1e-3), products(embeddings))


def test_a_batch_of_one_row_is_taken() -> None:
    assert DotProducts(3)(torch.randn(1, 6)).shape == (1, 3)


def test_the_network_takes_them_and_their_weights_are_of_the_inputs() -> None:
    network = rich.predictor(embedding={"dim": 4, "interactions": "dot"}).network
    plain = rich.predictor(embedding={"dim": 4}).network
    num_embeddings = (plain.embeddings.output_width - plain.embeddings.inputs.numbers_width) // 4
    pairs = num_embeddings * (num_embeddings - 1) // 2
    assert network.embeddings.output_width == plain.embeddings.output_width + pairs
    held = {name for name, _ in network.subnets()["inputs"].named_parameters()}
    assert any("normalisation" in name for name in held)
