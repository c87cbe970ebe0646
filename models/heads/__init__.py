"""Tasks and their heads. The union is the registry of kinds."""

from typing import Annotated

from pydantic import Field

from models.heads.base import Edge
from models.heads.binary import BinaryHead, BinaryStatistics, BinaryTask
from models.heads.duration import DurationHead, DurationStatistics, DurationTask
from models.heads.regression import RegressionHead, RegressionStatistics, RegressionTask
from models.heads.value import ValueHead, ValueStatistics, ValueTask

Task = Annotated[BinaryTask | DurationTask | RegressionTask | ValueTask, Field(discriminator="kind")]
LabelStatistics = Annotated[
    BinaryStatistics | DurationStatistics | RegressionStatistics | ValueStatistics, Field(discriminator="kind")
]
Head = BinaryHead | DurationHead | RegressionHead | ValueHead

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
    "ValueHead",
    "ValueStatistics",
    "ValueTask",
]
