"""Follows training and validation losses side by side, epoch by epoch, for the rule about their first epoch's end."""

from collections.abc import Mapping

from torch import Tensor

from training.history import Alarm, Validation
from training.tally import Tally
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
