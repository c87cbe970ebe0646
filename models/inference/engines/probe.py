"""Rows to try a graph on: any table rows and numbers, drawn alike in every process."""

import torch

from models.batch import EncodedBatch
from models.encoder import PADDING, Encoder

NUM_ROWS = 64
LONGEST = 5


def probe(encoder: Encoder, num_rows: int = NUM_ROWS) -> EncodedBatch:
    """Rows with ids of the right tables, lists of up to five ids and ordinary numbers; some numbers are missing."""
    random = torch.Generator().manual_seed(0)
    ends = {first: end for _, first, end in encoder.tables}

    def drawn(first: int, *shape: int) -> torch.Tensor:
        return torch.randint(first, ends[first], shape, generator=random)

    owned = [encoder.first_row(name) for name in encoder.id_features]
    lengths = [first for owner, first, _ in encoder.tables if owner is None]
    ids = [drawn(first, num_rows) for first in [*owned, *lengths]]
    assert len(ids) == encoder.ids_width
    bags = {}
    for bag in encoder.bag_features:
        length = torch.randint(0, LONGEST + 1, (num_rows, 1), generator=random)
        held = torch.arange(LONGEST).expand(num_rows, -1) < length
        bags[bag.name] = torch.where(held, drawn(encoder.first_row(bag.name), num_rows, LONGEST), PADDING)
    numbers = torch.randn(num_rows, encoder.numeric_width, generator=random)
    for flag in range(1, 2 * len(encoder.number_features), 2):
        numbers[:, flag] = (torch.rand(num_rows, generator=random) < 0.2).float()
        numbers[:, flag - 1] *= 1 - numbers[:, flag]
    columns = torch.stack(ids, dim=1) if ids else torch.zeros(num_rows, 0, dtype=torch.long)
    return EncodedBatch(columns, bags, numbers)
