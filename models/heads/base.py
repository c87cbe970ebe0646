"""What all tasks have: a label, what they read of other tasks, and a tower."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from models.frozen import Frozen
from models.mlp import MlpConfig
from models.names import ColumnName, TaskName


class Edge(Frozen):
    """Task B reads task A's estimate."""

    task: TaskName
    """The task that is read."""
    stop_gradient: bool = True
    """Nothing of the reader's loss flows back into the read head through this edge."""


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
