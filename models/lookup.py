"""Looks up rows of a packed table and adds them up: all ids and lists of a batch at once.

A batch is a sparse matrix S over the rows of the table T. What is looked up is S T, and the gradient of T is S' G. Both
products are one bag lookup: forward every slot adds up its rows of T, backward every row adds up its slots of G. So
nothing is made for each row of the table, nothing is kept for each element of a list, and a row's gradient is summed in
the order of the batch, whatever the number of threads (benchmarks/embedding_step.py).
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from models.encoder import PADDING


@dataclass(frozen=True, slots=True)
class Slots:
    """What a batch looks up.

    Attributes:
        rows: rows of the table, int64 [batch, columns].
        widths: how many columns, one after the other, each slot adds up; None where each column is a slot.
        weights: what each row is multiplied by, float32 [batch, columns]; None where all count once.
    """

    rows: Tensor
    widths: list[int] | None = None
    weights: Tensor | None = None

    @property
    def num_slots(self) -> int:
        """Of a row of the batch."""
        return self.rows.shape[1] if self.widths is None else len(self.widths)


def looked_up(table: Tensor, slots: Slots) -> Tensor:
    """Sums of rows, [batch, slots, dim]; a gradient of the table would be as large as the table.

    PADDING is added like any other row: it is zero, and leaving it out by its number takes twenty times as long.
    """
    shape = (len(slots.rows), slots.num_slots, table.shape[1])
    rows = slots.rows.flatten()
    if slots.widths is None and slots.weights is None:
        return table.index_select(0, rows).view(shape)
    weights = None if slots.weights is None else slots.weights.flatten()
    bags = functional.embedding_bag(rows, table, _starts(slots), mode="sum", per_sample_weights=weights)
    return bags.view(shape)


def looked_up_by_touched_rows(table: Tensor, slots: Slots) -> Tensor:
    """The same sums; the gradient of the table is sparse and holds each row of the batch once, in ascending order.

    PADDING has none. Only the table gets a gradient, and it has none of second order.
    """
    found: Tensor = _ByTouchedRows.apply(table, slots)  # type: ignore[no-untyped-call]
    return found


class _ByTouchedRows(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, table: Tensor, slots: Slots) -> Tensor:
        ctx.slots, ctx.shape = slots, table.shape
        return looked_up(table, slots)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        rows, values = touched_rows(ctx.slots, gradient, ctx.shape[0])
        sparse = torch.sparse_coo_tensor(
            rows.unsqueeze(0), values, ctx.shape, is_coalesced=True, check_invariants=False
        )
        return sparse, None


def touched(gradient: Tensor) -> tuple[Tensor, Tensor]:
    """The rows of a sparse gradient, int64 [touched], each once and ascending, and their values, [touched, dim].

    Autograd hands on a gradient without the mark that its rows are distinct. To see it is far quicker than to sort.
    """
    rows = gradient._indices()[0]
    if not bool((rows[1:] > rows[:-1]).all()):
        gradient = gradient.coalesce()
    return gradient._indices()[0], gradient._values()


def compacted(slots: Slots) -> tuple[Tensor, Slots]:
    """The distinct rows that are looked up, PADDING first, and the same slots as positions among them."""
    rows = slots.rows.flatten()
    distinct, positions = torch.unique(torch.cat([rows.new_full((1,), PADDING), rows]), return_inverse=True)
    return distinct, replace(slots, rows=positions[1:].view(slots.rows.shape))


def touched_rows(slots: Slots, gradient: Tensor, num_rows: int) -> tuple[Tensor, Tensor]:
    """The distinct rows that a batch looked up, int64 [touched], ascending and without PADDING, and their gradients.

    Args:
        slots: what was looked up.
        gradient: of what was looked up, [batch, slots, dim].
        num_rows: of the table.

    Returns:
        The rows, and of each the sum over its slots, [touched, dim].
    """
    rows, order = _sorted(slots.rows.flatten(), num_rows)
    is_first = torch.ones(len(rows), dtype=torch.bool, device=rows.device)
    torch.ne(rows[1:], rows[:-1], out=is_first[1:])
    starts = is_first.nonzero().squeeze(1)
    weights = None if slots.weights is None else slots.weights.flatten().index_select(0, order)
    slot = order if slots.widths is None else _slot_of_each_row(slots).index_select(0, order)
    flat = gradient.reshape(-1, gradient.shape[-1])
    values = functional.embedding_bag(slot, flat, starts, mode="sum", per_sample_weights=weights)
    return rows.index_select(0, starts).long(), values


def _sorted(rows: Tensor, num_rows: int) -> tuple[Tensor, Tensor]:
    """Rows in ascending order without PADDING, and where each of them was; of equal ones the first comes first."""
    if num_rows <= torch.iinfo(torch.int32).max:
        rows = rows.int()  # is sorted in half the time
    if int(rows.count_nonzero()) == len(rows):
        found, order = torch.sort(rows, stable=True)
        return found, order
    held = (rows != PADDING).nonzero().squeeze(1)
    found, order = torch.sort(rows.index_select(0, held), stable=True)
    return found, held.index_select(0, order)


def _starts(slots: Slots) -> Tensor:
    """Where the rows of each slot begin among the flattened ones, int64 [batch x slots]."""
    num_rows, num_columns = slots.rows.shape
    device = slots.rows.device
    widths = torch.tensor(slots.widths or [1] * num_columns, device=device)
    firsts = torch.arange(num_rows, device=device).unsqueeze(1) * num_columns
    return (firsts + widths.cumsum(0) - widths).flatten()


def _slot_of_each_row(slots: Slots) -> Tensor:
    """Which slot each of the flattened rows is added to, int64 [batch x columns]."""
    num_slots, device = slots.num_slots, slots.rows.device
    within = torch.arange(num_slots, device=device).repeat_interleave(torch.tensor(slots.widths, device=device))
    return (torch.arange(len(slots.rows), device=device).unsqueeze(1) * num_slots + within).flatten()
