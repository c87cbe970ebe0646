"""Tasks and their heads. The union is the registry of kinds."""

from typing import Annotated

from pydantic import Field

from models.heads.base import Edge
from models.heads.binary import BinaryHead, BinaryStatistics, BinaryTask
from models.heads.duration import DurationHead, DurationStatistics, DurationTask
from models.heads.regression import RegressionHead, RegressionStatistics, RegressionTask

Task = Annotated[BinaryTask | DurationTask | RegressionTask, Field(discriminator="kind")]
LabelStatistics = Annotated[BinaryStatistics | DurationStatistics | RegressionStatistics, Field(discriminator="kind")]
Head = BinaryHead | DurationHead | RegressionHead

__all__ = [
    "BinaryHead",
    "BinaryStatistics",
    "BinaryTask",
    "DurationHead",
    "DurationStatistics",
    "DurationTask",
    "Edge",
    "Head",
    "LabelStatistics",
    "RegressionHead",
    "RegressionStatistics",
    "RegressionTask",
    "Task",
]
