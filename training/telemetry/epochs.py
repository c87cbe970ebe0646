"""Follows training and validation losses side by side, epoch by epoch, for the rule about their first epoch's end."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from torch import Tensor

from training.history import Alarm, Validation
from training.tally import Mean, Tally
from training.telemetry.alarms.one_epoch import EpochLook, OneEpochRule

SMALLEST_SHARE = 0.5
"""Of the steps between two validations: a mean over fewer says little, so its steps count to the next look's."""


class EpochWatch:
    """What each validation saw, beside the training losses since the one before, never across two epochs.

    Args:
        validate_every: steps between two validations.
    """

    def __init__(self, validate_every: int) -> None:
        self._fewest_steps = SMALLEST_SHARE * validate_every
        self._rule = OneEpochRule()
        self._tally = Tally()
        self._epoch = 1
        self._looks: list[EpochLook] = []
        self._is_raised = False

    def add(self, losses: Mapping[str, Tensor]) -> None:
        """Take in the training losses of a step, by task."""
        self._tally.add(losses)

    def ended(self) -> None:
        """All rows of the training window were seen once more."""
        self._epoch += 1
        self._tally.clear()

    def alarms(self, validation: Validation) -> list[Alarm]:
        """The alarm, where the model has just collapsed; raised once a run."""
        if self._is_raised or self._tally.num_steps < self._fewest_steps:
            return []
        look = EpochLook(self._epoch, validation.step, self._tally.means(), validation.losses, validation.score)
        self._looks.append(look)
        self._tally.clear()
        finding = self._rule.judge(self._looks)
        if finding is None:
            return []
        self._is_raised = True
        return [Alarm(validation.step, finding.subnet, finding.evidence, finding.advice, self._rule.kind)]

    def state(self) -> dict[str, Any]:
        """All looks so far, and the training losses since the last one."""
        looks = [asdict(look) for look in self._looks]
        return {"epoch": self._epoch, "looks": looks, "is_raised": self._is_raised, "tally": self._tally.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        self._epoch, self._is_raised = state["epoch"], state["is_raised"]
        self._looks = [_look(each) for each in state["looks"]]
        self._tally.restore(state["tally"])


def _look(plain: Mapping[str, Any]) -> EpochLook:
    training = {task: Mean(**mean) for task, mean in plain["training"].items()}
    return EpochLook(**{**plain, "training": training})
