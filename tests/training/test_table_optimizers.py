"""What moves an embedding table: touched rows alone, by the laws of AdaGrad and of Adam."""

import copy
from typing import Any

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor, nn

from models.encoder import PADDING
from models.lookup import Slots, looked_up_by_touched_rows
from training.optimizers import OptimizerConfig
from training.optimizers.table_optimizer import TableOptimizer, put

NUM_ROWS, DIM, BATCH, IDS = 40, 5, 16, 4
KINDS = [{"kind": "rowwise_adagrad"}, {"kind": "rowwise_adagrad", "weight_decay": 0.5}, {"kind": "sparse_adam"}]


class Table:
    """A small table and what moves it; batch n is always the same."""

    def __init__(self, learning_rate: float = 0.1, **settings: Any) -> None:
        generator = torch.Generator().manual_seed(0)
        values = torch.randn(NUM_ROWS, DIM, generator=generator)
        values[PADDING] = 0.0
        self.table = nn.Parameter(values)
        self.optimizer = built(self.table, learning_rate=learning_rate, **settings)

    def gradient(self, number: int) -> Tensor:
        """Leave the gradient of a batch, and give the same one dense."""
        generator = torch.Generator().manual_seed(number)
        rows = torch.randint(PADDING, NUM_ROWS // 2, (BATCH, IDS), generator=generator)
        weights = torch.randn(BATCH, IDS, DIM, generator=generator)
        self.optimizer.zero_grad()
        (looked_up_by_touched_rows(self.table, Slots(rows)) * weights).sum().backward()  # type: ignore[no-untyped-call]
        dense = torch.zeros(NUM_ROWS, DIM).index_add_(0, rows.flatten(), weights.flatten(0, 1))
        dense[PADDING] = 0.0
        return dense

    def step(self, number: int) -> None:
        self.gradient(number)
        self.optimizer.step()


def built(table: nn.Parameter, **settings: Any) -> TableOptimizer:
    config: Any = TypeAdapter(OptimizerConfig).validate_python(settings)
    made = config.build([table])
    assert isinstance(made, TableOptimizer)
    return made


@pytest.mark.parametrize("settings", KINDS)
def test_only_touched_rows_move_and_all_of_them_do(settings: dict[str, Any]) -> None:
    of = Table(**settings)
    for number in range(4):
        before = of.table.detach().clone()
        touched = of.gradient(number).any(dim=1)
        of.optimizer.step()
        assert torch.equal((of.table.detach() != before).any(dim=1), touched)
    assert not of.table[PADDING].any()


def test_rowwise_adagrad_is_that_of_a_dense_table() -> None:
    of, rate, eps = Table(kind="rowwise_adagrad"), 0.1, 1e-8
    expected, sums = of.table.detach().clone(), torch.zeros(NUM_ROWS)
    for number in range(5):
        gradient = of.gradient(number)
        of.optimizer.step()
        sums += gradient.square().mean(dim=1)
        expected -= rate * gradient / (sums.sqrt() + eps).unsqueeze(1)
        torch.testing.assert_close(of.table.detach(), expected)
        torch.testing.assert_close(of.optimizer.state[of.table]["sum"], sums)


def test_weight_decay_is_paid_by_touched_rows_only() -> None:
    plain, decayed = Table(kind="rowwise_adagrad"), Table(kind="rowwise_adagrad", weight_decay=0.5)
    before = plain.table.detach().clone()
    touched = plain.gradient(0).any(dim=1)
    plain.optimizer.step()
    decayed.step(0)
    paid = 0.1 * 0.5 * before * touched.unsqueeze(1)
    torch.testing.assert_close(decayed.table.detach(), plain.table.detach() - paid)


def test_sparse_adam_makes_the_steps_of_pytorchs() -> None:
    of, reference = Table(kind="sparse_adam"), Table(kind="sparse_adam")
    theirs = torch.optim.SparseAdam([reference.table], lr=0.1)
    for number in range(5):
        of.step(number)
        reference.gradient(number)
        theirs.step()  # type: ignore[no-untyped-call]
        torch.testing.assert_close(of.table.detach(), reference.table.detach())
    ours, known = of.optimizer.state[of.table], theirs.state[reference.table]
    assert ours.keys() == known.keys()
    for name in ("exp_avg", "exp_avg_sq"):
        torch.testing.assert_close(ours[name], known[name])


@pytest.mark.parametrize("settings", KINDS)
def test_a_restored_state_goes_on_bit_for_bit(settings: dict[str, Any]) -> None:
    through, resumed = Table(**settings), Table(**settings)
    for number in range(3):
        through.step(number)
    with torch.no_grad():
        resumed.table.copy_(through.table)
    resumed.optimizer.load_state_dict(copy.deepcopy(through.optimizer.state_dict()))
    for number in range(3, 6):
        through.step(number)
        resumed.step(number)
    assert torch.equal(through.table, resumed.table)


@pytest.mark.parametrize("settings", KINDS)
def test_a_rate_of_zero_leaves_everything_as_it_is(settings: dict[str, Any]) -> None:
    of = Table(learning_rate=0.0, **settings)
    before = of.table.detach().clone()
    of.step(0)
    assert torch.equal(of.table, before)
    assert not of.optimizer.state


def test_a_gradient_with_repeated_rows_is_summed_first() -> None:
    ours, repeated = Table(kind="rowwise_adagrad"), Table(kind="rowwise_adagrad")
    for number in range(2):
        ours.gradient(number)
        assert ours.table.grad is not None
        rows = torch.cat([ours.table.grad._indices()] * 2, dim=1)
        values = torch.cat([ours.table.grad._values() * share for share in (0.25, 0.75)])
        repeated.table.grad = torch.sparse_coo_tensor(rows, values, ours.table.shape, check_invariants=True)
        ours.optimizer.step()
        repeated.optimizer.step()
        torch.testing.assert_close(repeated.table.detach(), ours.table.detach())


@pytest.mark.parametrize("dim", [1, 5, 16])
def test_rows_are_put_where_they_belong(dim: int) -> None:
    table, rows = torch.randn(30, dim), torch.tensor([7, 0, 29])
    values = torch.randn(3, dim)
    expected = table.clone()
    expected[rows] = values
    put(table, rows, values)
    assert torch.equal(table, expected)
    put(table, rows[:0], values[:0])
    assert torch.equal(table, expected)
