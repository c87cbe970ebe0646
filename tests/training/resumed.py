"""A training that is stopped again and again, beside one that is not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tests.training.worlds import silent
from training.history import Alarm, History, Validation
from training.pipeline import Prepared, Trained, fit
from training.resume.opening import kept_states


class Stopped(Exception):  # noqa: N818 - what a kill would be
    """The training ends here."""


@dataclass(frozen=True)
class Stopper:
    """Ends a training in the midst of a step, or in the first look at the validation window from that step on."""

    at_step: int
    in_look: bool = False

    def step(self, history: History) -> None:
        if history.num_steps >= self.at_step and not self.in_look:
            raise Stopped

    def validation(self, result: Validation) -> None:
        if result.step >= self.at_step:
            raise Stopped

    def alarm(self, alarm: Alarm) -> None:
        pass


@dataclass(frozen=True)
class Left:
    """What a training leaves that does not depend on the clock."""

    weights: dict[str, Tensor]
    history: dict[str, Any]
    calibrations: dict[str, Any]


def left(trained: Trained) -> Left:
    history = trained.history.to_json()
    for clocked in ("seconds", "waited_seconds"):
        history.pop(clocked, None)
    weights = {name: tensor.clone() for name, tensor in trained.predictor.network.state_dict().items()}
    return Left(weights, history, {name: each.model_dump() for name, each in trained.predictor.calibrations.items()})


def undisturbed(prepared: Prepared) -> Left:
    return left(fit(prepared, silent()))


def once(prepared: Prepared, stopper: Stopper | None = None, *, fresh: bool = False) -> Trained | None:
    """One process of a training: to its end, or None where it was stopped."""
    torch.manual_seed(99)  # a new process has generators of its own
    with kept_states(prepared, silent(), fresh=fresh) as keeping:
        try:
            return fit(prepared, silent(), [] if stopper is None else [stopper], keeping)
        except Stopped:
            return None


def disturbed(prepared: Prepared, stoppers: Sequence[Stopper]) -> Left:
    """The same training, stopped by each of these in turn, then left alone."""
    for stopper in stoppers:
        assert once(prepared, stopper) is None, "the training was over before it could be stopped"
    trained = once(prepared)
    assert trained is not None
    return left(trained)


def assert_same(found: Left, expected: Left) -> None:
    assert found.history == expected.history
    assert found.calibrations == expected.calibrations
    assert found.weights.keys() == expected.weights.keys()
    different = [name for name in expected.weights if not torch.equal(found.weights[name], expected.weights[name])]
    assert different == []
