"""Laws of the network: rows are independent, parameters belong to one subnet, every trunk fits."""

from typing import Any

import pytest
import torch

from models.batch import EncodedBatch
from models.config import ModelConfig
from models.encoder import PADDING, Encoder
from models.network import Network
from tests.models import tiny
from tests.models.tiny import MMOE, TASKS, config, encoder, from_rows, predictor, rows, statistics

TRUNKS = pytest.mark.parametrize("trunk", tiny.TRUNKS.values(), ids=tiny.TRUNKS)


def batch_of(network_config: ModelConfig, encoding: Encoder, num_rows: int) -> EncodedBatch:
    return encoding.encode(from_rows(network_config, rows(num_rows)), num_rows)


@TRUNKS
class TestRowsAreIndependent:
    def test_permuting_rows_permutes_outputs(self, trunk: dict[str, Any]) -> None:
        made = predictor(trunk)
        batch = batch_of(made.config, made.encoder, 17)
        order = torch.randperm(17)
        outputs, permuted = made.network(batch), made.network(batch.rows(order))
        for name, output in outputs.items():
            largest = max(1.0, float(output.detach().abs().max()))  # crosses of such weights are in the hundreds
            torch.testing.assert_close(permuted[name], output[order], rtol=1e-6, atol=1e-6 * largest)

    def test_a_batch_equals_its_rows_one_by_one(self, trunk: dict[str, Any]) -> None:
        made = predictor(trunk)
        batch = batch_of(made.config, made.encoder, 9)
        for name, output in made.network(batch).items():
            singles = [made.network(batch.rows(torch.tensor([row])))[name] for row in range(9)]
            largest = max(1.0, float(output.detach().abs().max()))  # crosses of such weights are in the hundreds
            torch.testing.assert_close(torch.cat(singles), output, rtol=1e-6, atol=1e-6 * largest)

    def test_longer_padding_changes_nothing(self, trunk: dict[str, Any]) -> None:
        made = predictor(trunk)
        batch = batch_of(made.config, made.encoder, 5)
        longer = {name: torch.nn.functional.pad(bag, (0, 4), value=PADDING) for name, bag in batch.bags.items()}
        for name, output in made.network(EncodedBatch(batch.ids, longer, batch.numerics)).items():
            torch.testing.assert_close(output, made.network(batch)[name], rtol=1e-6, atol=1e-6)

    def test_no_rows_are_no_error(self, trunk: dict[str, Any]) -> None:
        made = predictor(trunk)
        outputs = made.network(made.encoder.encode({}, 0))
        assert {name: tuple(o.shape) for name, o in outputs.items()} == dict.fromkeys(("click", "dwell", "buy"), (0, 1))


@TRUNKS
class TestSubnets:
    def test_they_partition_all_parameters(self, trunk: dict[str, Any]) -> None:
        network = predictor(trunk).network
        held = [id(p) for module in network.subnets().values() for p in module.parameters()]
        assert len(held) == len(set(held))
        assert set(held) == {id(p) for p in network.parameters()}
        assert list(network.subnets()) == ["embeddings", "shared", "heads.click", "heads.dwell", "heads.buy"]

    def test_every_parameter_gets_a_gradient(self, trunk: dict[str, Any]) -> None:
        network = predictor(trunk).network
        with torch.no_grad():
            for parameter in network.shared.parameters():
                parameter.abs_()  # no unit is dead, so no gradient is zero by accident
        network.train()
        batch = batch_of(config(trunk), encoder(), 30)
        sum(output.sum() for output in network(batch).values()).backward()
        without = [name for name, p in network.named_parameters() if p.grad is None]
        assert not without

    def test_the_embedding_gradient_is_sparse_and_spares_padding(self, trunk: dict[str, Any]) -> None:
        network = predictor(trunk).network.train()
        batch = batch_of(config(trunk), encoder(), 8)
        sum(output.sum() for output in network(batch).values()).backward()
        gradient = network.embeddings.table.grad
        assert gradient is not None
        assert gradient.is_sparse
        touched = set(gradient.coalesce().indices()[0].tolist())
        asked = {*batch.ids.flatten().tolist(), *(i for bag in batch.bags.values() for i in bag.flatten().tolist())}
        assert touched <= asked
        assert not gradient.to_dense()[PADDING].any()


class TestShapes:
    def test_padding_starts_at_zero(self) -> None:
        assert not Network(config(), encoder(), statistics()).embeddings.table[PADDING].any()

    def test_an_empty_list_is_all_zeros(self) -> None:
        made = predictor()
        embedded = made.network.embeddings(made.encoder.encode({}, 1))
        assert not embedded[0, 3 * 4 : 5 * 4].any()  # after three ids of width 4 come two lists

    def test_pooling(self) -> None:
        made = predictor()
        embeddings = made.network.embeddings
        batch = made.encoder.encode(from_rows(made.config, [{"history": ["a", "b"], "tags": ["a", "b"]}]), 1)
        embedded = embeddings(batch)[0]
        table, item, tags = embeddings.table, made.encoder.offsets["item"] + 2, made.encoder.offsets["tags"] + 2
        torch.testing.assert_close(embedded[12:16], table[item : item + 2].mean(dim=0))  # mean
        torch.testing.assert_close(embedded[16:20], table[tags : tags + 2].sum(dim=0))  # sum

    def test_the_trunk_hands_each_task_a_representation(self) -> None:
        made = predictor()
        x = made.network.embeddings(made.encoder.encode({}, 3))
        found = made.network.shared.split(made.network.shared.common(x), x)
        assert [tuple(representation.shape) for representation in found] == [(3, 6)] * 3

    def test_mmoe_mixes_convexly(self) -> None:
        trunk = predictor().network.shared
        x = torch.randn(20, trunk.experts[0].layers[0].in_features)
        experts = torch.stack([expert(x) for expert in trunk.experts])
        for mixed in trunk.split(trunk.common(x), x):
            assert (mixed >= experts.min(dim=0).values - 1e-5).all()
            assert (mixed <= experts.max(dim=0).values + 1e-5).all()

    @pytest.mark.parametrize("name", ["forward", "keys", "values", "type", "train", "apply", "parameters", "items"])
    def test_a_task_may_have_any_name(self, name: str) -> None:
        model = config(tasks=[{**TASKS[0], "name": name}])
        network = Network(model, encoder(model), {name: statistics()["click"]})
        assert list(network(encoder(model).encode({}, 2))) == [name]
        assert f"heads.{name}" in network.subnets()

    def test_outputs_come_in_the_order_of_the_configuration(self) -> None:
        model = config(tasks=[TASKS[2], TASKS[1], TASKS[0]])
        network = Network(model, encoder(), statistics())
        assert list(network(encoder().encode({}, 1))) == ["buy", "dwell", "click"]


def test_dropout_is_off_when_predicting() -> None:
    model = config(embedding={"dim": 4, "dropout": 0.5}, trunk={**MMOE, "expert": {"widths": [8], "dropout": 0.5}})
    network = Network(model, encoder(), statistics())
    batch = batch_of(model, encoder(), 5)
    network.train()
    assert not torch.equal(network(batch)["click"], network(batch)["click"])
    network.eval()
    assert torch.equal(network(batch)["click"], network(batch)["click"])
