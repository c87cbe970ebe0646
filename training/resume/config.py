"""Where training states are kept, and how often."""

import os
from pathlib import Path

from pydantic import Field

from models.frozen import Frozen

VARIABLE = "THREEFOLD_STATE"


class ResumeConfig(Frozen):
    """The section [training.resume]: states of a training that a killed run goes on from."""

    enabled: bool = True
    """Whether `threefold train` keeps states; what others train (`tune`, `compare`, `lr-range`) never does."""
    folder: str = Field(default=".threefold/state", min_length=1)
    """Where; may be deleted at any time. The environment variable THREEFOLD_STATE overrides it."""
    every_minutes: float = Field(default=5.0, gt=0)
    """Minutes between two states. A state that takes w seconds to write is not followed by another within 20 w."""
    every_steps: int | None = Field(default=None, ge=1)
    """Also after each so many steps, whatever that costs."""
    keep_days: float = Field(default=7.0, gt=0)
    """States of other trainings that nobody went on with are deleted after so many days."""
    keep_gib: float = Field(default=20.0, gt=0)
    """States of other trainings take at most this much room; the oldest go first."""

    @property
    def path(self) -> Path:
        """The folder of all states that is used."""
        return Path(os.environ.get(VARIABLE) or self.folder)
