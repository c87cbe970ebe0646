"""Ids replaced by the unknown one while training: as often as asked, by feature, and never when predicting."""

from typing import Any

import pytest
import torch

from models.batch import EncodedBatch
from models.config import ModelConfig
from models.encoder import PADDING, Encoder
from models.features.vocabulary import MISSING, UNKNOWN
from models.inputs import IdDropout
from models.network import Network
from tests.models import rich
from tests.models.tiny import from_rows, statistics

NUM_ROWS = 4_000
ROWS = [{"user": "u1", "tab": "home", "item": "a", "history": ["a", "b"], "likes": ["b"]}] * NUM_ROWS


def model(crosses: list[dict[str, Any]] | None = None, **chances: float) -> ModelConfig:
    features = [
        {**f, "id_dropout": chances.get(f["name"], 0.0)} if f["kind"] != "numeric" else f for f in rich.FEATURES
    ]
    return rich.config(features=features, crosses=rich.CROSSES[:1] if crosses is None else crosses)


def dropped(of: ModelConfig, rows: list[dict[str, Any]]) -> tuple[Encoder, EncodedBatch, EncodedBatch]:
    encoding = rich.encoder(of)
    batch = encoding.encode(from_rows(of, rows), len(rows))
    return encoding, batch, IdDropout(encoding)(batch)


def column(encoding: Encoder, batch: EncodedBatch, name: str) -> torch.Tensor:
    return batch.ids[:, encoding.id_features.index(name)] - encoding.first_row(name)


def test_ids_become_unknown_as_often_as_asked_and_by_feature() -> None:
    encoding, batch, found = dropped(model(user=0.3, item=0.1, history=0.5), ROWS)
    gone = {name: column(encoding, found, name) == UNKNOWN for name in ("user", "tab", "item")}
    assert float(gone["user"].float().mean()) == pytest.approx(0.3, abs=0.04)
    assert float(gone["item"].float().mean()) == pytest.approx(0.1, abs=0.03)
    assert not gone["tab"].any()
    both = float((gone["user"] & gone["item"]).float().mean())
    assert both == pytest.approx(0.03, abs=0.015), "independent"
    elements = found.bags["history"] == encoding.first_row("history") + UNKNOWN
    assert float(elements.float().mean()) == pytest.approx(0.5, abs=0.04)
    assert torch.equal(found.bags["likes"], batch.bags["likes"])
    kept = ~gone["user"]
    assert torch.equal(column(encoding, found, "user")[kept], column(encoding, batch, "user")[kept])


def test_a_cross_is_unknown_exactly_where_a_part_became_it() -> None:
    encoding, _, found = dropped(model(user=0.3), ROWS)
    assert torch.equal(column(encoding, found, "user_tab") == UNKNOWN, column(encoding, found, "user") == UNKNOWN)


def test_what_is_missing_stays_missing() -> None:
    rows = [{"tab": "home", "history": ["a"]}, {"user": "u1"}] * 500
    encoding, batch, found = dropped(model(user=0.9, history=0.9), rows)
    assert (column(encoding, found, "user")[::2] == MISSING).all()
    assert (column(encoding, found, "user_tab") == MISSING).all()
    assert torch.equal(found.bags["history"] == PADDING, batch.bags["history"] == PADDING)


def test_without_it_nothing_changes_and_nothing_is_drawn() -> None:
    before = torch.get_rng_state()
    _, batch, found = dropped(model(), ROWS[:5])
    assert found is batch
    assert torch.equal(torch.get_rng_state(), before)


def test_the_batch_itself_is_left_as_it_was() -> None:
    encoding, batch, found = dropped(model(user=0.9), ROWS[:50])
    assert (column(encoding, batch, "user") > UNKNOWN).all()
    assert (column(encoding, found, "user") == UNKNOWN).any()


def test_a_seed_reproduces_it_and_evaluation_does_without() -> None:
    of = model(user=0.5, item=0.5, history=0.5)
    network = Network(of, rich.encoder(of), statistics())
    batch = rich.encoder(of).encode(from_rows(of, ROWS[:20]), 20)
    drawn = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn.append(network.embeddings.train()(batch))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    evaluated = network.embeddings.eval()(batch)
    assert torch.equal(evaluated, evaluated[:1].expand_as(evaluated))


def test_training_moves_the_row_of_the_unknown() -> None:
    of = model(user=0.5)
    encoding = rich.encoder(of)
    embeddings = Network(of, encoding, statistics()).embeddings.train()
    embeddings(encoding.encode(from_rows(of, ROWS[:20]), 20)).sum().backward()
    assert embeddings.table.grad is not None
    assert embeddings.table.grad.to_dense()[encoding.first_row("user") + UNKNOWN].all()


def test_it_is_no_part_of_the_weights() -> None:
    with_it, without = (Network(of, rich.encoder(of), statistics()) for of in (model(user=0.5), model()))
    assert with_it.state_dict().keys() == without.state_dict().keys()
