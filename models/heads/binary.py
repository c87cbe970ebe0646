"""A task that happens or not: click, conversion, like."""

import math
from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor
from torch.nn import functional

from models.calibration import Calibration, Isotonic, Platt, Smooth
from models.calibration.setting import BinaryCalibrationSetting
from models.errors import ConfigError
from models.frozen import Frozen
from models.heads.base import TaskBase
from models.heads.entire_space import EntireSpaceConfig
from models.heads.tower_head import TowerHead


class BinaryStatistics(Frozen):
    """What was measured of a binary label over the training window."""

    kind: Literal["binary"] = "binary"
    num_observed: int = Field(ge=1)
    rate: float = Field(gt=0, lt=1)
    """Share of positive labels among the observed."""

    @property
    def entropy(self) -> float:
        """Log loss in nats of always predicting the rate."""
        return -self.rate * math.log(self.rate) - (1 - self.rate) * math.log(1 - self.rate)


class BinaryTask(TaskBase):
    """Predicts a probability; the label is 0, 1 or null (not observed)."""

    kind: Literal["binary"]
    calibration: BinaryCalibrationSetting = BinaryCalibrationSetting()
    """How the probability is made right on held-out rows (docs/calibration.md)."""
    entire_space: EntireSpaceConfig | None = None
    """Learn over all rows in which the label of `observed_when` counts, and not only where it is positive."""

    @model_validator(mode="after")
    def _has_a_space(self) -> Self:
        if self.entire_space is not None and self.observed_when is None:
            raise ConfigError(
                f"`entire_space` corrects for a label that is seen in some rows only, as `observed_when` says; "
                f"task '{self.name}' has no `observed_when`: name the task that it is observed by, or remove "
                f"`entire_space`"
            )
        return self

    @property
    def needs(self) -> tuple[str, ...]:
        """Tasks whose output this task's loss is made of, beside its own."""
        return (self.observed_when,) if self.entire_space is not None and self.observed_when is not None else ()

    def build(self, input_width: int, statistics: BinaryStatistics) -> "BinaryHead":
        """The head for a representation (and estimates) of this width."""
        return BinaryHead(self, input_width, statistics)


class BinaryHead(TowerHead):
    """A tower that moves the log-odds away from those of the base rate.

    The base rate is a constant of the head and not a weight: a rare task starts calibrated.
    """

    likelihood = "categorical"

    base_logit: Tensor

    def __init__(self, task: BinaryTask, input_width: int, statistics: BinaryStatistics) -> None:
        super().__init__(task, input_width)
        self.statistics = statistics
        base_logit = math.log(statistics.rate) - math.log1p(-statistics.rate)
        self.register_buffer("base_logit", torch.tensor(base_logit))

    @property
    def base_loss(self) -> float:
        """Log loss in nats of always predicting the base rate."""
        return self.statistics.entropy

    def loss(self, output: Tensor, label: Tensor) -> Tensor:
        """Log loss in units of the base rate's entropy, [batch]: 1 is as good as always predicting the rate."""
        logit = output[:, 0] + self.base_logit
        return functional.binary_cross_entropy_with_logits(logit, label, reduction="none") / self.statistics.entropy

    def estimate(self, output: Tensor) -> Tensor:
        """The probability before calibration in units of the base rate, [batch, 1]."""
        return torch.sigmoid(output + self.base_logit) / self.statistics.rate

    def taught(self, label: Tensor) -> Tensor:
        """The output that a label stands for, [batch, 1].

        A label of 1 has no finite logit. Taken as one observation beside a prior of the base rate that is worth one
        more, it has: the probability is (label + rate) / 2.
        """
        probability = (label + self.statistics.rate) / 2
        return (torch.logit(probability) - self.base_logit).unsqueeze(1)

    def predict(self, output: Tensor, calibration: Calibration) -> dict[str, Tensor]:
        """The probability, [batch]."""
        logit = output[:, 0] + self.base_logit
        if isinstance(calibration, Platt | Isotonic | Smooth):
            logit = calibration.logit(logit)
        return {self.task.name: torch.sigmoid(logit)}
