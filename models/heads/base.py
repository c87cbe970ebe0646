"""What all tasks have: a label, what they read of other tasks, and a tower."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from models.calibration.setting import CalibrationSetting
from models.errors import ConfigError
from models.frozen import Frozen
from models.mlp import MlpConfig
from models.names import ColumnName, TaskName

HandedOn = Literal["prediction", "output", "representation"]


class Edge(Frozen):
    """Task B reads task A's estimate."""

    task: TaskName
    """The task that is read."""
    hands_on: HandedOn = "output"
    """What it hands on: its `output` (a logit, a standardised value), its `prediction` before calibration in units of
    the base rate, or the `representation` in its last hidden layer."""
    stop_gradient: bool = True
    """Nothing of the reader's loss flows back into the read head through this edge."""
    teacher_forcing_steps: int = Field(default=0, ge=0)
    """During so many first steps the reader sees the label of the read task instead of its estimate, with a
    probability that falls from 1 to 0: an estimate that has learned nothing yet misleads its reader."""

    @model_validator(mode="after")
    def _teachable(self) -> Self:
        if self.teacher_forcing_steps and self.hands_on == "representation":
            raise ConfigError(
                f"teacher forcing hands on a label in place of an estimate, and no label stands for a representation; "
                f"found both on the edge from '{self.task}': hand on its output or prediction, or set "
                f"teacher_forcing_steps = 0"
            )
        return self


def _edge(value: Any) -> Any:
    """Lets `reads = ["click"]` stand for an edge with its defaults."""
    return {"task": value} if isinstance(value, str) else value


class TaskBase(Frozen):
    """One thing to predict."""

    name: TaskName
    """Names the head, its subnet `heads.NAME` and its field in answers."""
    label: ColumnName
    """The column of the log that holds what happened."""
    reads: tuple[Annotated[Edge, BeforeValidator(_edge)], ...] = ()
    """Tasks whose estimate is an input of this task's tower."""
    observed_when: TaskName | None = None
    """The label counts only in rows where the label of this binary task is positive."""
    tower: MlpConfig = Field(default=MlpConfig(widths=(64,)))
    """Hidden layers of the head."""
    calibration: CalibrationSetting = CalibrationSetting()
    """How predictions are made right on held-out rows (docs/calibration.md)."""

    @property
    def prediction_names(self) -> tuple[str, ...]:
        """Fields of the answer that this task fills."""
        return (self.name,)

    @property
    def needs(self) -> tuple[str, ...]:
        """Tasks whose output this task's loss is made of, beside its own."""
        return ()

    @model_validator(mode="after")
    def _taught_something(self) -> Self:
        for edge in self.reads:
            if edge.teacher_forcing_steps and edge.task == self.observed_when:
                raise ConfigError(
                    f"teacher forcing tells a reader labels that differ from row to row; the label of '{self.name}' "
                    f"counts only where '{edge.task}' is positive, so it would learn from 1 alone: set "
                    f"teacher_forcing_steps = 0 on that edge"
                )
        return self
