"""The lookup: each distinct row once, whatever way they are found, and the gradient of a plain table."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.embedding import LARGEST_MARKED, _distinct
from models.encoder import PADDING
from tests.models.tiny import from_rows, predictor, rows


@given(st.lists(st.integers(0, 29), min_size=1, max_size=40), st.sampled_from([30, 40 * LARGEST_MARKED + 1]))
def test_marking_and_sorting_find_the_same(ids: list[int], num_rows: int) -> None:
    given_ids = torch.tensor(ids)
    distinct, positions = _distinct(given_ids, num_rows)
    assert distinct.tolist() == sorted(set(ids))
    assert torch.equal(distinct[positions], given_ids)


@pytest.mark.parametrize("num_rows", [1, 30])
def test_the_gradient_is_that_of_a_plain_table(num_rows: int) -> None:
    made = predictor()
    embeddings = made.network.embeddings
    batch = made.encoder.encode(from_rows(made.config, rows(num_rows)), num_rows)
    weights = torch.randn(num_rows, embeddings.output_width)
    (embeddings.train()(batch) * weights).sum().backward()
    assert embeddings.table.grad is not None
    sparse = embeddings.table.grad.to_dense()
    embeddings.table.grad = None
    (embeddings.eval()(batch) * weights).sum().backward()
    plain = embeddings.table.grad
    assert plain is not None
    torch.testing.assert_close(sparse[PADDING + 1 :], plain[PADDING + 1 :])
