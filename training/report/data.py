"""All that the page is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from models.calibration.by_field import TaskCalibration
from models.config import ModelConfig
from models.heads import LabelStatistics, Task
from models.verdicts import ReducedPrecision, Verdict
from training.data.windows import Windows
from training.evaluation.edges import EdgeUse
from training.evaluation.evaluate import Evaluation, TaskEvaluation
from training.evaluation.scored import Scored
from training.history import History
from training.objective import LossUnit


@dataclass(frozen=True)
class ReportData:
    """A finished run, or an evaluation of a model that was trained before.

    Attributes:
        name: of the configuration.
        version: of the checkpoint; None where the model was not saved.
        created_at: when the numbers were made.
        config_toml: the configuration as the user wrote it.
        model: features and tasks.
        windows: the three windows.
        null_shares: by feature, the share of training rows where it is missing.
        statistics: by task, of its label in the training window.
        history: what the run saw of itself; None where nothing was trained, and the page has no training section.
        calibrations: by task.
        evaluation: the numbers of the test window.
        scored: the test window's labels and predictions.
        edges: what each reader makes of what it reads; empty where no task reads another, or nothing was trained.
        weighting: its kind.
        loss_unit: in which the weighting got the losses, and sigmas are.
        precisions: what the check of reduced precisions found.
    """

    name: str
    version: str | None
    created_at: datetime
    config_toml: str
    model: ModelConfig
    windows: Windows
    null_shares: Mapping[str, float]
    statistics: Mapping[str, LabelStatistics]
    history: History | None
    calibrations: Mapping[str, TaskCalibration]
    evaluation: Evaluation
    scored: Scored
    edges: Sequence[EdgeUse] = ()
    weighting: str = "uncertainty"
    loss_unit: LossUnit = "base_rate"
    precisions: Mapping[ReducedPrecision, Verdict] = field(default_factory=dict)

    def measured(self, task: Task) -> TaskEvaluation:
        """What was measured of a task."""
        return self.evaluation.tasks[task.name]
