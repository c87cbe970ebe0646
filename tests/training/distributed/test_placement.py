"""Rows and places are one to one, any run of rows is spread over all shards, and draws are those of one process."""

import pytest
import torch

from models.errors import ConfigError
from training.distributed.draws import drawn_blocks
from training.distributed.placement import MOST_ROWS, Placement

SHARDS = 8


@pytest.mark.parametrize("num_rows", [1, 2, 3, 10, 1_003, 65_536, 200_000])
def test_every_row_has_a_place_of_its_own(num_rows: int) -> None:
    placement, rows = Placement(num_rows), torch.arange(num_rows)
    places = placement.places(rows)
    assert torch.equal(places.sort().values, rows)
    assert torch.equal(placement.rows(places), rows)


@pytest.mark.parametrize(("first", "last"), [(0, 200), (10, 5_000), (1_900_000, 2_000_003)])
def test_any_run_of_rows_asks_all_shards_for_equally_much(first: int, last: int) -> None:
    num_rows = 2_000_003
    shard = Placement(num_rows).places(torch.arange(first, last)) * SHARDS // num_rows
    asked = torch.bincount(shard, minlength=SHARDS)
    assert int(asked.max() - asked.min()) <= 3


def test_a_table_whose_products_would_overflow_is_refused() -> None:
    placement = Placement(MOST_ROWS)
    last = torch.tensor([MOST_ROWS - 1])
    assert torch.equal(placement.rows(placement.places(last)), last)
    with pytest.raises(ConfigError, match="at most 3,000,000,000 rows"):
        Placement(MOST_ROWS + 1)


@pytest.mark.parametrize(
    ("num_rows", "dim"), [(1, 1), (7, 2), (15, 1), (65, 3), (79, 1), (80, 2), (130, 1), (1_003, 16)]
)
def test_blocks_are_the_numbers_of_one_draw_and_leave_the_generator_where_it_leaves_it(num_rows: int, dim: int) -> None:
    torch.manual_seed(3)
    whole, after = torch.randn(num_rows, dim), torch.rand(5)
    torch.manual_seed(3)
    firsts, blocks = zip(*drawn_blocks(num_rows, dim, block_rows=16), strict=True)
    assert torch.equal(torch.cat(blocks), whole)
    assert list(firsts) == [sum(map(len, blocks[:n])) for n in range(len(blocks))]
    assert torch.equal(torch.rand(5), after)
