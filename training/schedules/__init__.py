"""Schedules of a learning rate. The union is the registry of kinds."""

from typing import Annotated

from pydantic import Field

from training.schedules.constant import ConstantSchedule
from training.schedules.cosine import CosineSchedule

Schedule = Annotated[ConstantSchedule | CosineSchedule, Field(discriminator="kind")]

__all__ = ["ConstantSchedule", "CosineSchedule", "Schedule"]
