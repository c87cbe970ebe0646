"""Lesson 3: a task reads another's estimate, and nothing of its loss flows back through that edge."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from models.config import ModelConfig
from models.network import Network
from tests.training.worlds import silent, small_config
from training.data.batches import encode_chunk
from training.objective import task_losses
from training.pipeline import Prepared, prepare


@pytest.fixture(scope="module")
def prepared(world: Path) -> Prepared:
    return prepare(small_config(world), silent())


def gradients(prepared: Prepared, reader: str, read: str, stop: bool) -> list[Tensor | None]:
    """Gradients of the reader's loss with respect to the read head's own parameters."""
    raw = prepared.config.model_part().model_dump()
    for task in raw["tasks"]:
        task["reads"] = [{**edge, "stop_gradient": stop} for edge in task["reads"]]
    torch.manual_seed(0)
    network = Network(ModelConfig.model_validate(raw), prepared.data.encoder, prepared.data.statistics)
    chunk = next(prepared.reader.chunks(prepared.windows.train))
    batch = encode_chunk(prepared.data.encoder, chunk)
    losses = task_losses(network, network(batch.inputs), batch.labels)
    return list(torch.autograd.grad(losses[reader], list(network.head(read).parameters()), allow_unused=True))


EDGES = [("dwell", "click"), ("conversion", "click"), ("conversion", "dwell")]


@pytest.mark.parametrize(("reader", "read"), EDGES)
def test_across_a_stopped_edge_the_gradient_is_exactly_zero(prepared: Prepared, reader: str, read: str) -> None:
    assert all(found is None or not found.any() for found in gradients(prepared, reader, read, stop=True))


@pytest.mark.parametrize(("reader", "read"), EDGES)
def test_across_an_open_edge_it_is_not(prepared: Prepared, reader: str, read: str) -> None:
    assert any(found is not None and found.any() for found in gradients(prepared, reader, read, stop=False))


def test_a_reader_uses_what_it_reads(prepared: Prepared) -> None:
    torch.manual_seed(0)
    network = Network(prepared.config.model_part(), prepared.data.encoder, prepared.data.statistics).eval()
    chunk = next(prepared.reader.chunks(prepared.windows.train))
    inputs = encode_chunk(prepared.data.encoder, chunk).inputs
    before = network(inputs)
    with torch.no_grad():
        network.head("click").output.bias += 1.0
    after = network(inputs)
    assert not torch.equal(before["dwell"], after["dwell"])
    assert not torch.equal(before["conversion"], after["conversion"])


def test_a_step_of_the_readers_alone_leaves_the_read_head_where_it_was(prepared: Prepared) -> None:
    """The same law through a whole backward pass: with click's own loss left out, its head gets no gradient."""
    network = Network(prepared.config.model_part(), prepared.data.encoder, prepared.data.statistics)
    chunk = next(prepared.reader.chunks(prepared.windows.train))
    batch = encode_chunk(prepared.data.encoder, chunk)
    losses = task_losses(network, network(batch.inputs), batch.labels)
    (losses["dwell"] + losses["conversion"]).backward()
    assert all(p.grad is None or not p.grad.any() for p in network.head("click").parameters())
    assert any(p.grad is not None and p.grad.any() for p in network.shared.parameters())
