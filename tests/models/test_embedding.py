"""The lookup: what is found, and the gradient of a plain table."""

import pytest
import torch

from models.encoder import PADDING
from tests.models.tiny import from_rows, predictor, rows


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
