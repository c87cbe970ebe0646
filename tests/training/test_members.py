"""Training an ensemble: every member has every label, the same lesson, and a loss of its own."""

from typing import Any

import torch
from torch import Tensor

from models.heads import Edge
from models.members import for_each_member
from models.network import Network
from tests.models import tiny
from tests.training.chains import batch, chained
from training.data.batches import TrainingBatch
from training.evaluation.calibrate import fit_calibrations
from training.evaluation.edges import edge_uses
from training.evaluation.scrambler import Scrambler
from training.history import History
from training.objective import task_losses
from training.teacher import Teacher
from training.validation import Validator

MEMBERS = 3


def ensemble(**every: Any) -> Network:
    return chained(trunk="tabm", **every)


def member_alone(outputs: dict[str, Tensor], member: int) -> dict[str, Tensor]:
    return {name: output[member::MEMBERS] for name, output in outputs.items()}


def test_the_loss_is_the_mean_of_the_members_own() -> None:
    network, rows = ensemble(), batch()
    outputs = network(rows.inputs)
    alone = [task_losses(network, member_alone(outputs, k), rows.labels) for k in range(MEMBERS)]
    for name, loss in task_losses(network, outputs, rows.labels).items():
        torch.testing.assert_close(loss, torch.stack([each[name] for each in alone]).mean())


def test_all_members_see_the_same_lesson() -> None:
    network, rows = ensemble(teacher_forcing_steps=10, hands_on="output"), batch()
    crossed: dict[str, Tensor] = {}
    teach = Teacher(network).handing(rows.labels, step=5)
    assert teach is not None

    def hand(reader: str, edge: Edge, estimate: Tensor) -> Tensor:
        crossed[f"{reader} {edge.task}"] = taught = teach(reader, edge, estimate)
        assert taught.shape == estimate.shape
        return taught

    network.forward_in_parts(rows.inputs, hand)
    taught = crossed["buy click"].unflatten(0, (-1, MEMBERS))
    lesson = network.head("click").taught(rows.labels["click"])
    told = (taught == lesson.unsqueeze(1)).squeeze(2)
    assert torch.equal(told.any(dim=1), told.all(dim=1))
    assert 0.3 < float(told.float().mean()) < 0.7


def test_all_that_comes_after_training_gets_a_row_for_a_row() -> None:
    network, rows = ensemble(), batch(300)
    validator = Validator(network, rows, batch_size=128)
    losses = validator.validate(History()).losses
    assert set(losses) == set(network.graph.tasks)
    assert set(fit_calibrations(network, tiny.encoder(), rows)) == set(network.graph.tasks)
    uses = edge_uses(network, rows)
    assert all(use.loss is not None and use.num_rows <= 300 for use in uses)


class TestScrambler:
    def test_as_it_is_the_loss_is_that_of_the_prediction(self) -> None:
        network, rows = ensemble().eval(), self.observed()
        with torch.inference_mode():
            expected = network.head("buy").loss(network(rows.inputs)["buy"], rows.labels["buy"])
            found = Scrambler(network, "buy", rows).as_is
        torch.testing.assert_close(found, expected.double())

    def test_identical_members_are_one(self) -> None:
        """An ensemble whose members are all alike gains and foresees what a single member does."""
        network, rows = ensemble().eval(), self.observed()
        with torch.no_grad():
            for name, parameter in network.shared.named_parameters():
                if "linear" not in name:
                    parameter.copy_(parameter[:1].expand_as(parameter))
        (edge, *_) = network.graph.tasks["buy"].reads
        with torch.inference_mode():
            three = Scrambler(network, "buy", rows).without(edge)
            one = Scrambler(single(network), "buy", rows).without(edge)
        torch.testing.assert_close(three.scrambled.received, one.scrambled.received, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(three.told.received, one.told.received, rtol=1e-3, atol=1e-3)
        assert abs(three.foreseen - one.foreseen) < 1e-3

    @staticmethod
    def observed() -> TrainingBatch:
        rows = batch(400)
        return rows.rows(torch.arange(400)[~rows.labels["buy"].isnan()])


def single(network: Network) -> Network:
    """The first member by itself."""
    alone = ensemble().eval()
    raw = network.state_dict()
    alone.load_state_dict(raw)
    for module in alone.shared.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            if len(parameter) == MEMBERS and parameter.ndim == 2 and name != "weight":
                setattr(module, name, torch.nn.Parameter(parameter[:1].clone()))
    alone.shared.num_members = 1
    return alone


def test_a_label_is_repeated_in_the_order_of_the_members() -> None:
    label = torch.tensor([1.0, torch.nan, 0.0])
    found = for_each_member(label, 2)
    torch.testing.assert_close(found, torch.tensor([1.0, 1.0, torch.nan, torch.nan, 0.0, 0.0]), equal_nan=True)
