"""Attention over a list: the paper's perceptron, computed faster; padding takes no part in it."""

from typing import Any

import pytest
import torch
from torch import Tensor

from models.encoder import PADDING
from models.features import AttentionConfig
from models.inputs.target_attention import TargetAttention
from models.network import Network
from tests.models.rich import config, encoder, predictor
from tests.models.tiny import from_rows, statistics

DIM, BATCH, LENGTH = 4, 6, 5
HELD = torch.arange(LENGTH) < torch.tensor([5, 3, 1, 0, 2, 4]).unsqueeze(1)
NORMALISE = pytest.mark.parametrize("normalise", [True, False])


def module(normalise: bool, **settings: Any) -> TargetAttention:
    made = TargetAttention(AttentionConfig(width=7, normalise=normalise, **settings), DIM)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_()
    return made


def history() -> Tensor:
    """Elements, with something else than zeros where there is only padding."""
    return torch.randn(BATCH, LENGTH, DIM)


def reference(of: TargetAttention, elements: list[Tensor], target: Tensor) -> Tensor:
    """One row by the paper, element by element."""
    if not elements:
        return torch.zeros(DIM)
    scores = torch.stack(
        [of.last(of.activation(of.first(torch.cat([e, target, e - target, e * target])))) for e in elements]
    )
    weights = scores.softmax(dim=0) if of.normalise else scores
    return (weights * torch.stack(elements)).sum(dim=0)


@NORMALISE
class TestPooling:
    @pytest.mark.parametrize("activation", ["relu", "silu"])
    def test_it_agrees_with_the_paper_element_by_element(self, normalise: bool, activation: str) -> None:
        made, lists, target = module(normalise, activation=activation), history(), torch.randn(BATCH, DIM)
        expected = [reference(made, list(lists[row][HELD[row]]), target[row]) for row in range(BATCH)]
        torch.testing.assert_close(made(lists, HELD, target), torch.stack(expected), rtol=1e-4, atol=1e-5)

    def test_an_empty_list_is_all_zeros(self, normalise: bool) -> None:
        assert not module(normalise)(history(), HELD, torch.randn(BATCH, DIM))[3].any()

    def test_what_lies_in_the_padding_changes_no_bit(self, normalise: bool) -> None:
        made, lists, target = module(normalise), history(), torch.randn(BATCH, DIM)
        other = torch.where(HELD.unsqueeze(2), lists, 1e3 * torch.randn(BATCH, LENGTH, DIM))
        assert torch.equal(made(lists, HELD, target), made(other, HELD, target))

    def test_the_order_of_elements_and_padding_changes_nothing(self, normalise: bool) -> None:
        made, lists, target = module(normalise), history(), torch.randn(BATCH, DIM)
        order = torch.tensor([3, 0, 4, 2, 1])
        torch.testing.assert_close(made(lists[:, order], HELD[:, order], target), made(lists, HELD, target))

    def test_the_gradient_of_padding_is_exactly_zero(self, normalise: bool) -> None:
        made, lists, target = module(normalise), history().requires_grad_(), torch.randn(BATCH, DIM).requires_grad_()
        made(lists, HELD, target).square().sum().backward()
        assert lists.grad is not None
        assert target.grad is not None
        assert not lists.grad[~HELD].any()
        assert lists.grad[HELD].any(dim=1).all()
        assert not target.grad[3].any(), "nothing was looked at from here"

    def test_gradients_are_those_of_the_paper(self, normalise: bool) -> None:
        made, lists, target = module(normalise), history(), torch.randn(BATCH, DIM)
        made(lists, HELD, target).square().sum().backward()
        found = {name: parameter.grad for name, parameter in made.named_parameters()}
        made.zero_grad(set_to_none=True)
        rows = [reference(made, list(lists[row][HELD[row]]), target[row]) for row in range(BATCH)]
        torch.stack(rows).square().sum().backward()
        for name, parameter in made.named_parameters():
            torch.testing.assert_close(found[name], parameter.grad, rtol=1e-3, atol=1e-4)

    def test_it_begins_as_plain_pooling(self, normalise: bool) -> None:
        made, lists = TargetAttention(AttentionConfig(normalise=normalise), DIM), history()
        total = (lists * HELD.unsqueeze(2)).sum(dim=1)
        expected = total / HELD.sum(dim=1, keepdim=True).clamp(min=1) if normalise else total
        torch.testing.assert_close(made(lists, HELD, torch.randn(BATCH, DIM)), expected)


def test_a_list_of_one_is_its_element_whatever_the_target() -> None:
    lists = history()
    assert torch.equal(module(normalise=True)(lists, HELD, torch.randn(BATCH, DIM))[2], lists[2, 0])


class TestInTheNetwork:
    def pooled(self, rows: list[dict[str, Any]], name: str) -> Tensor:
        made = predictor()
        place = made.encoder.ids_width + [f.name for f in made.encoder.bag_features].index(name)
        x: Tensor = made.network.embeddings(made.encoder.encode(from_rows(made.config, rows), len(rows)))
        return x[:, place * DIM : (place + 1) * DIM]

    def test_each_list_looks_from_its_own_target(self) -> None:
        lists = {"history": ["a", "b"], "tags": ["a", "b"]}
        rows = [{**lists, "item": item, "last": last} for item in "ab" for last in "ab"]
        by_item, by_last = self.pooled(rows, "history"), self.pooled(rows, "tags")
        torch.testing.assert_close(by_item[0], by_item[1])
        torch.testing.assert_close(by_last[0], by_last[2])
        assert not torch.allclose(by_item[0], by_item[2])
        assert not torch.allclose(by_last[0], by_last[1])

    def test_an_unknown_and_a_missing_target_are_ordinary(self) -> None:
        found = self.pooled([{"history": ["a", "b"], "item": item} for item in ("a", "new", None)], "history")
        assert found.isfinite().all()
        assert len({tuple(row) for row in found.tolist()}) == 3

    def test_longer_padding_changes_nothing(self) -> None:
        made = predictor()
        batch = made.encoder.encode(from_rows(made.config, [{"history": ["a", "b"], "item": "a"}, {"item": "b"}]), 2)
        longer = {name: torch.nn.functional.pad(bag, (2, 3), value=PADDING) for name, bag in batch.bags.items()}
        padded = type(batch)(batch.ids, longer, batch.numerics)
        embeddings = made.network.embeddings
        torch.testing.assert_close(embeddings(padded), embeddings(batch))

    def test_without_attention_and_pieces_there_is_no_such_subnet(self) -> None:
        plain = config(features=[{"name": "user", "kind": "categorical", "scope": "context"}], crosses=[])
        assert "inputs" not in Network(plain, encoder(plain), statistics()).subnets()
