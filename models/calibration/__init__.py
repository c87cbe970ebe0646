"""Calibration: from a head's output to a prediction that can be trusted as a number. The union is the registry."""

from typing import Annotated

from pydantic import Field

from models.calibration.identity import Identity
from models.calibration.line import Line
from models.calibration.moment import Moment
from models.calibration.platt import Platt

Calibration = Annotated[Identity | Platt | Moment | Line, Field(discriminator="kind")]

__all__ = ["Calibration", "Identity", "Line", "Moment", "Platt"]
