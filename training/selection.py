"""Which weights a run ends with, and when it ends: validation, patience, and the guard against a second pass."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from training.averaging import RunningAverage
from training.best_weights import BestWeights
from training.config import TrainingConfig
from training.history import History
from training.observers import Observer
from training.telemetry.epochs import EpochWatch
from training.validation import Validator


class Selection:
    """Looks at the validation window, keeps the best weights, and says when nothing better is to be expected.

    Args:
        config: how to train.
        validator: looks at the validation window.
        history: is told of looks, alarms and epochs, and why the run ended.
        observer: is told of looks and alarms.
        validate_every: steps between two looks.
        best: keeps the weights.
        average: of the weights, which are looked at and kept in place of the last ones.
    """

    def __init__(
        self,
        config: TrainingConfig,
        validator: Validator,
        history: History,
        observer: Observer,
        validate_every: int,
        best: BestWeights,
        average: RunningAverage,
    ) -> None:
        self._config = config
        self._validator = validator
        self._history = history
        self._observer = observer
        self._validate_every = validate_every
        self._best = best
        self._average = average
        self._epochs = EpochWatch(validate_every)
        self._resets = config.reset_embeddings == "each_epoch"

    def step(self, losses: Mapping[str, Tensor]) -> bool:
        """A step was made with these training losses; True where the run is to end with it."""
        self._epochs.add(losses)
        return self._history.num_steps % self._validate_every == 0 and self.look()

    def epoch(self) -> bool:
        """A pass is over; True where the run is to end with it. A table is looked at before it is drawn anew."""
        if self._resets:
            self.look_if_new()
        self._history.epoch_ends.append(self._history.num_steps)
        self._epochs.ended()
        return self._resets and self._is_out_of_patience()

    def look_if_new(self) -> None:
        """Look, where the last steps have not been seen yet."""
        looked = self._history.validations
        if not looked or looked[-1].step < self._history.num_steps:
            self.look()

    def look(self) -> bool:
        """Validate, keep the weights if they are the best so far; True where the run is to end."""
        with self._average.in_force():
            result = self._validator.validate(self._history)
            if result.is_best:
                self._best.keep(result.step)
        self._history.validations.append(result)
        self._observer.validation(result)
        alarms = self._epochs.alarms(result)
        for alarm in alarms:
            self._history.alarms.append(alarm)
            self._observer.alarm(alarm)
        if alarms and self._config.on_collapse == "stop":
            self._history.stopped_because = "the model collapsed after its first epoch (on_collapse = stop)"
            return True
        return not self._resets and self._is_out_of_patience()

    def state(self) -> dict[str, Any]:
        """What the guard against a second pass has seen."""
        return {"epochs": self._epochs.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        self._epochs.restore(state["epochs"])

    def _is_out_of_patience(self) -> bool:
        if self._validator.num_without_best < self._config.patience:
            return False
        self._history.stopped_because = f"no new best in {self._config.patience} validations"
        return True
