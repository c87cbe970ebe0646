"""Calibration: from a head's output to a prediction that can be trusted as a number. The union is the registry."""

from typing import Annotated

from pydantic import Field

from models.calibration.amount import Amount
from models.calibration.identity import Identity
from models.calibration.isotonic import Isotonic
from models.calibration.line import Line
from models.calibration.moment import Moment
from models.calibration.platt import Platt
from models.calibration.smooth import Smooth

Calibration = Annotated[Identity | Platt | Isotonic | Smooth | Moment | Line | Amount, Field(discriminator="kind")]

__all__ = ["Amount", "Calibration", "Identity", "Isotonic", "Line", "Moment", "Platt", "Smooth"]
