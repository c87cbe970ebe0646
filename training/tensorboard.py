"""A run's numbers for TensorBoard, which is an optional extra."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from models.errors import ConfigError
from training.history import Alarm, History, Reading, Validation

READ = {
    "loss": "losses",
    "weight": "weights",
    "sigma": "sigmas",
    "learning_rate": "learning_rates",
    "gradient_norm": "gradient_norms",
    "update_ratio": "update_ratios",
    "dead_units": "dead_unit_shares",
    "pull_share": "pull_shares",
    "cosine": "cosines",
    "norm_ratio": "norm_ratios",
}
"""The name in TensorBoard of each part of a reading."""


class TensorBoard:
    """Writes losses, weights, telemetry and alarms of one run into a folder of its own.

    All of it is read from the history, so that a run that goes on after a kill is written from its first step on.

    Args:
        folder: what `tensorboard --logdir` is given.
        run: names the run's folder, with the time of its start.

    Raises:
        ConfigError: the extra is not installed.
    """

    def __init__(self, folder: Path, run: str) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise ConfigError(
                "--tensorboard writes with the library tensorboard, which is an optional extra; found it not "
                "installed: pip install 'threefold[tensorboard]', or leave the option out"
            ) from None
        self.folder = folder / f"{run}-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
        self._writer = SummaryWriter(str(self.folder))
        self._history = History()
        self._num_readings = self._num_validations = self._num_alarms = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write_new()  # the last stretch is read after the last step
        self._writer.close()

    def step(self, history: History) -> None:
        """A step was made."""
        self._history = history
        self._write_new()

    def validation(self, result: Validation) -> None:
        """The validation window was looked at; the history has it when the next step is made."""

    def alarm(self, alarm: Alarm) -> None:
        """A person should look at something; the history has it too."""

    def _write_new(self) -> None:
        history = self._history
        for reading in history.readings[self._num_readings :]:
            self._write_reading(reading)
        for looked in history.validations[self._num_validations :]:
            self._write("validation_loss", looked.losses, looked.step)
            self._writer.add_scalar("validation_score", looked.score, looked.step)
        for alarm in history.alarms[self._num_alarms :]:
            self._writer.add_text(f"alarm/{alarm.subnet}", str(alarm), alarm.step)
        self._num_readings, self._num_validations = len(history.readings), len(history.validations)
        self._num_alarms = len(history.alarms)

    def _write_reading(self, reading: Reading) -> None:
        for name, part in READ.items():
            self._write(name, getattr(reading, part), reading.step)

    def _write(self, what: str, values: Mapping[str, float], step: int) -> None:
        for name, value in values.items():
            self._writer.add_scalar(f"{what}/{name.replace(' / ', ' to ')}", value, step)
