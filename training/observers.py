"""Whoever is told how a run goes: a person at a terminal, TensorBoard, both."""

from collections.abc import Sequence
from typing import Protocol

from training.history import Alarm, History, Validation


class Observer(Protocol):
    """Is told of every step, and of all that is worth a look."""

    def step(self, history: History) -> None:
        """A step was made."""

    def validation(self, result: Validation) -> None:
        """The validation window was looked at."""

    def alarm(self, alarm: Alarm) -> None:
        """A person should look at something."""


class Observers:
    """Tells several observers the same, in their order."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = observers

    def step(self, history: History) -> None:
        """A step was made."""
        for observer in self._observers:
            observer.step(history)

    def validation(self, result: Validation) -> None:
        """The validation window was looked at."""
        for observer in self._observers:
            observer.validation(result)

    def alarm(self, alarm: Alarm) -> None:
        """A person should look at something."""
        for observer in self._observers:
            observer.alarm(alarm)
