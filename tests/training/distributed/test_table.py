"""A table in shards moves as a table in one piece does; here with one shard, by the code of many."""

from collections.abc import Iterator

import pytest
import torch
import torch.distributed as dist

pytest.importorskip("torchrec", reason="several processes train with TorchRec (docs/distributed.md)")

from models.embedding import Embedding, EmbeddingConfig
from models.errors import TrainingError
from tests.models import tiny
from tests.training import chains
from training.distributed.agreement import check_agreed, told
from training.distributed.embedding import ShardedEmbedding
from training.distributed.losses import losses_of_all, shares_of_all
from training.distributed.table import ShardedTable
from training.distributed.whole import whole_table
from training.distributed.world import World
from training.negative_sampling import NegativeSampling
from training.objective import observed_shares, task_losses
from training.optimizers.rowwise_adagrad import RowwiseAdagrad

pytestmark = pytest.mark.filterwarnings("ignore")  # TorchRec's and FBGEMM's own
NUM_ROWS, DIM, EPS = 37, 8, 1e-8
CPU = torch.device("cpu")


@pytest.fixture(scope="module", autouse=True)
def alone() -> Iterator[None]:
    """A world of one process."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def test_fused_steps_are_those_of_our_rowwise_adagrad_at_every_rate() -> None:
    table = ShardedTable(NUM_ROWS, DIM, EPS, CPU)
    first = torch.randn(NUM_ROWS, DIM)
    table.shard.copy_(first[table.placement.rows(torch.arange(NUM_ROWS))])
    ours = torch.nn.Parameter(first.clone())
    optimizer = RowwiseAdagrad([ours], lr=0.1, weight_decay=0.0, eps=EPS)
    for rate in (0.1, 0.05, 0.2, 0.01):
        rows = torch.randperm(NUM_ROWS)[:20]
        gradients = torch.randn(len(rows), DIM)
        table.set_rate(rate)
        fetched = table.fetch(rows)
        torch.testing.assert_close(fetched, ours[rows])
        fetched.backward(gradients)
        optimizer.param_groups[0]["lr"] = rate
        ours.grad = torch.sparse_coo_tensor(rows.unsqueeze(0), gradients, (NUM_ROWS, DIM))
        optimizer.step()
        moved = whole_table(table, World(0, 1), block_rows=5)
        torch.testing.assert_close(moved, ours.detach())
        assert not torch.equal(ours, first)


def test_a_first_layer_in_shards_begins_with_the_values_of_one_in_one_piece() -> None:
    config, encoder = EmbeddingConfig(dim=DIM), tiny.encoder()
    torch.manual_seed(5)
    whole = Embedding(config, encoder)
    after = torch.rand(3)
    torch.manual_seed(5)
    sharded = ShardedEmbedding(config, encoder, EPS, CPU)
    assert torch.equal(torch.rand(3), after), "the rest of the network begins as in one process too"
    assert torch.equal(whole_table(sharded.sharded, World(0, 1)), whole.table)
    assert {name: each.shape for name, each in sharded.state_dict().items()} == {
        name: each.shape for name, each in whole.state_dict().items()
    }


@pytest.mark.parametrize("sampling", [None, NegativeSampling(task="click", keep=0.25)])
def test_the_losses_of_all_processes_are_those_of_one(sampling: NegativeSampling | None) -> None:
    network, batch = chains.chained(), chains.batch()
    outputs = network(batch.inputs)
    expected = task_losses(network, outputs, batch.labels, sampling)
    found = losses_of_all(network, outputs, batch.labels, sampling)
    assert found.keys() == expected.keys()
    for name, loss in expected.items():
        torch.testing.assert_close(found[name], loss)
        gradients = [torch.autograd.grad(each, outputs[name], retain_graph=True)[0] for each in (found[name], loss)]
        torch.testing.assert_close(*gradients)
    shares = observed_shares(network, batch.labels, sampling)
    assert shares_of_all(batch.labels, sampling) == pytest.approx(shares)


def test_a_task_that_nobody_observes_has_no_loss() -> None:
    network, batch = chains.chained(), chains.batch()
    labels = {**batch.labels, "dwell": torch.full_like(batch.labels["dwell"], torch.nan)}
    assert losses_of_all(network, network(batch.inputs), labels).keys() == {"click", "buy", "rating"}


def test_processes_tell_and_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [told(text) for text in ("", "state-1", "Zürich")] == ["", "state-1", "Zürich"]
    check_agreed({"rows": 3})
    monkeypatch.setattr(dist, "all_reduce", lambda tensor, op: tensor.add_(1 if op == dist.ReduceOp.MAX else 0))
    with pytest.raises(TrainingError, match="found differences in rows"):
        check_agreed({"rows": 3})
