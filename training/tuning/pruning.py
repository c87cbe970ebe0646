"""Ends a training whose validations go badly, from outside the training loop."""

import optuna

from training.history import Alarm, History, Validation


class GivenUp(Exception):  # noqa: N818 - reads as what happened
    """A trial goes badly and is not trained further. It passes through the training loop to whoever runs the trial."""


class TrialObserver:
    """Tells Optuna every validation, and ends the training when it says so.

    Args:
        trial: is told the scores; counted from 0, so that trials with batches of other sizes are compared at the same
            part of their epochs.

    Raises:
        GivenUp: after a validation that ends the trial.
    """

    def __init__(self, trial: optuna.Trial) -> None:
        self._trial = trial
        self.validations: list[Validation] = []

    def step(self, history: History) -> None:
        """A step was made."""

    def validation(self, result: Validation) -> None:
        """The validation window was looked at."""
        self._trial.report(result.score, len(self.validations))
        self.validations.append(result)
        if self._trial.should_prune():
            raise GivenUp

    def alarm(self, alarm: Alarm) -> None:
        """Something should be looked at; a trial's alarms show in its losses."""
