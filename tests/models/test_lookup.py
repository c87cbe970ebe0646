"""One lookup for ids and lists: what is summed, and a gradient that holds each touched row once."""

from collections.abc import Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from models.encoder import PADDING
from models.lookup import Slots, compacted, looked_up, looked_up_by_touched_rows, touched, touched_rows

NUM_ROWS, DIM = 12, 3


def drawn(num_rows: int, widths: list[int] | None, is_weighted: bool) -> Slots:
    columns = 5 if widths is None else sum(widths)
    rows = torch.randint(0, NUM_ROWS, (num_rows, columns))
    return Slots(rows, widths, torch.rand(num_rows, columns) if is_weighted else None)


def table() -> Tensor:
    values = torch.randn(NUM_ROWS, DIM)
    values[PADDING] = 0.0
    return values


def naive(values: Tensor, slots: Slots) -> Tensor:
    """Row by row and slot by slot."""
    widths = slots.widths if slots.widths is not None else [1] * slots.rows.shape[1]
    weights = torch.ones(slots.rows.shape) if slots.weights is None else slots.weights
    found = torch.zeros(len(slots.rows), len(widths), values.shape[1]) + 0 * values.sum()  # in its graph without rows
    for n, row in enumerate(slots.rows.tolist()):
        start = 0
        for slot, width in enumerate(widths):
            for column in range(start, start + width):
                found[n, slot] += weights[n, column] * values[row[column]]
            start += width
    return found


SLOTS = st.builds(
    drawn,
    st.integers(0, 6),
    st.none() | st.lists(st.integers(1, 4), min_size=1, max_size=4),
    st.booleans(),
)


@given(SLOTS)
def test_each_slot_is_the_sum_of_its_rows(slots: Slots) -> None:
    values = table()
    torch.testing.assert_close(looked_up(values, slots), naive(values, slots))


@given(SLOTS)
def test_the_gradient_is_that_of_a_plain_table_and_holds_each_touched_row_once(slots: Slots) -> None:
    values = table()
    plain, ours = values.clone().requires_grad_(), values.clone().requires_grad_()
    weights = torch.randn(len(slots.rows), slots.num_slots, DIM)
    (naive(plain, slots) * weights).sum().backward()  # type: ignore[no-untyped-call]
    found = looked_up_by_touched_rows(ours, slots)
    assert torch.equal(found, looked_up(values, slots))
    (found * weights).sum().backward()  # type: ignore[no-untyped-call]
    assert ours.grad is not None
    assert plain.grad is not None
    assert ours.grad.is_sparse
    assert ours.grad._indices()[0].tolist() == sorted(set(slots.rows.flatten().tolist()) - {PADDING})
    plain.grad[PADDING] = 0.0
    torch.testing.assert_close(ours.grad.to_dense(), plain.grad)


def test_permuting_a_batch_changes_a_gradient_by_no_more_than_rounding() -> None:
    slots, gradient = drawn(400, [1, 1, 3], is_weighted=True), torch.randn(400, 3, DIM)
    assert slots.weights is not None
    order = torch.randperm(400)
    permuted = Slots(slots.rows[order], slots.widths, slots.weights[order])
    rows, values = touched_rows(slots, gradient, NUM_ROWS)
    same_rows, same_values = touched_rows(permuted, gradient[order], NUM_ROWS)
    assert torch.equal(rows, same_rows)
    torch.testing.assert_close(values, same_values, rtol=1e-5, atol=1e-5)


@pytest.fixture
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("widths", [None, [1] * 10 + [20, 20]])
def test_a_gradient_has_the_same_bits_for_any_number_of_threads(widths: list[int] | None) -> None:
    rows = (torch.rand(2_000, 50) ** 4 * 70_000).long()
    slots = Slots(rows, widths)
    gradient = torch.randn(2_000, slots.num_slots, 16)
    found = []
    for num_threads in (1, 2, 3):
        torch.set_num_threads(num_threads)
        found.append(touched_rows(slots, gradient, 70_000))
    assert all(torch.equal(found[0][0], rows) and torch.equal(found[0][1], values) for rows, values in found[1:])


def test_rows_handed_over_in_a_lower_precision_leave_a_gradient_in_full_precision() -> None:
    parameter = table().requires_grad_()
    slots = drawn(50, None, is_weighted=False)
    handed_over = looked_up_by_touched_rows(parameter, slots).bfloat16()
    handed_over.sum().backward()  # type: ignore[no-untyped-call]
    assert parameter.grad is not None
    assert parameter.grad.dtype == torch.float32
    counts = torch.bincount(slots.rows.flatten(), minlength=NUM_ROWS).float()
    assert torch.equal(parameter.grad.to_dense()[1:, 0], counts[1:])


def test_repeated_rows_of_a_gradient_are_summed() -> None:
    rows, values = torch.tensor([[3, 1, 3]]), torch.tensor([[1.0], [2.0], [4.0]])
    found_rows, found = touched(torch.sparse_coo_tensor(rows, values, (5, 1), check_invariants=True))
    assert found_rows.tolist() == [1, 3]
    assert found.tolist() == [[2.0], [5.0]]


@given(SLOTS)
def test_positions_among_the_distinct_rows_find_the_same(slots: Slots) -> None:
    values = table()
    distinct, compact = compacted(slots)
    assert distinct.tolist() == sorted({PADDING, *slots.rows.flatten().tolist()})
    assert torch.equal(looked_up(values[distinct], compact), looked_up(values, slots))
